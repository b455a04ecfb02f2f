using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class VoiceConfigurationTests
{
    [Test]
    public void Settings_of_every_scalar_type_become_text()
    {
        var configuration = VoiceConfiguration.Parse("""{"settings": {"yes": true, "no": false, "int": 42, "real": -1.5e3, "text": "pt-br", "empty": ""}}""");

        Assert.That(configuration.Settings, Is.EqualTo(new Dictionary<string, string>
        {
            ["yes"] = "true",
            ["no"] = "false",
            ["int"] = "42",
            ["real"] = "-1.5e3",
            ["text"] = "pt-br",
            ["empty"] = "",
        }));
        Assert.That(configuration.Mappings, Is.Empty);
    }

    [Test]
    public void A_voice_that_is_only_available_is_a_mapping_and_an_entry_wins_over_it()
    {
        var configuration = VoiceConfiguration.Parse("""
            {
              "voice_mappings": {"a": {"voice_file": "entry.wav", "language": "en", "quality": "low"}},
              "available_voices": [
                {"id": "a", "name": "A", "file": "available.wav", "language": "pt-br", "gender": "male"},
                {"id": "default", "name": "D", "file": "d.wav", "language": "pt-br"}
              ],
              "unknown": 1
            }
            """);

        Assert.That(configuration.Mappings, Is.EqualTo(new[]
        {
            new NewVoiceMapping { VoiceId = "a", VoiceName = "A", VoiceFile = "entry.wav", Language = "en", Gender = "male", Quality = "low" },
            new NewVoiceMapping { VoiceId = "default", VoiceName = "D", VoiceFile = "d.wav", Language = "pt-br", IsDefault = true },
        }));
    }

    [TestCase("", "json")]
    [TestCase("{", "json")]
    [TestCase("[]", "json")]
    [TestCase("\"text\"", "json")]
    [TestCase("""{"settings": {"a": "\u0000"}}""", "json")]
    [TestCase("""{"voice_mappings": []}""", "voice_mappings")]
    [TestCase("""{"available_voices": {}}""", "available_voices")]
    [TestCase("""{"settings": 1}""", "settings")]
    [TestCase("""{"voice_mappings": {"a": "a.wav"}}""", "voice_mappings.a")]
    [TestCase("""{"voice_mappings": {"a": {"language": "en"}}}""", "voice_mappings.a.VoiceFile")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav"}}}""", "voice_mappings.a.Language")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": 1, "language": "en"}}}""", "voice_mappings.a.voice_file")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav", "language": "en", "gender": "robot"}}}""", "voice_mappings.a.Gender")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav", "language": "en", "quality": "best"}}}""", "voice_mappings.a.Quality")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav", "language": "much-too-long"}}}""", "voice_mappings.a.Language")]
    [TestCase("""{"voice_mappings": {"": {"voice_file": "a.wav", "language": "en"}}}""", "voice_mappings..VoiceId")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav", "language": "en"}, "a": {"voice_file": "b.wav", "language": "en"}}}""", "voice_mappings.a")]
    [TestCase("""{"available_voices": [{"id": "a", "file": "a.wav", "language": "en"}, 1]}""", "available_voices[1]")]
    [TestCase("""{"available_voices": [{"name": "A"}]}""", "available_voices[0].id")]
    [TestCase("""{"available_voices": [{"id": "a", "file": "a.wav", "language": "en"}, {"id": "a"}]}""", "available_voices[1]")]
    [TestCase("""{"available_voices": [{"id": "a", "file": "", "language": "en"}]}""", "available_voices.a.VoiceFile")]
    [TestCase("""{"settings": {"a": null}}""", "settings.a")]
    [TestCase("""{"settings": {"a": [1]}}""", "settings.a")]
    [TestCase("""{"settings": {"": "1"}}""", "settings")]
    [TestCase("""{"settings": {"a": "1", "a": "2"}}""", "settings.a")]
    [TestCase("""{"settings": {}, "settings": {}}""", "settings")]
    [TestCase("""{"voice_mappings": {"a": {"voice_file": "a.wav", "language": "en", "voice_file": "b.wav"}}}""", "voice_mappings.a.voice_file")]
    public void A_wrong_file_is_refused_and_the_place_is_named(string json, string place)
    {
        var e = Assert.Catch<ArgumentException>(() => VoiceConfiguration.Parse(json));

        Assert.That(e!.ParamName, Is.EqualTo(place));
    }

    [Test]
    public void No_text_at_all_is_refused() => Assert.Throws<ArgumentNullException>(() => VoiceConfiguration.Parse(null!));
}
