using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

public sealed class BadConfigurationTests
{
    [TestCase("", "json")]
    [TestCase("{", "json")]
    [TestCase("[]", "json")]
    [TestCase("null", "json")]
    [TestCase("{\"settings\": {\"a\": \"\\u0000\"}}", "json")]
    [TestCase("{\"settings\": {\"\\ud83d\": 1}}", "json")]
    [TestCase("{\"settings\": []}", "settings")]
    [TestCase("{\"settings\": {\"a\": null}}", "settings.a")]
    [TestCase("{\"settings\": {\"a\": {}}}", "settings.a")]
    [TestCase("{\"settings\": {\" \": 1}}", "settings")]
    [TestCase("{\"voice_mappings\": 1}", "voice_mappings")]
    [TestCase("{\"voice_mappings\": {\"a\": 1}}", "voice_mappings.a")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"voice_file\": 1, \"language\": \"pt\"}}}", "voice_mappings.a.voice_file")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"language\": \"pt\"}}}", "voice_mappings.a.VoiceFile")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"voice_file\": \"f\"}}}", "voice_mappings.a.Language")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"voice_file\": \"f\", \"language\": \"12345678901\"}}}", "voice_mappings.a.Language")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"voice_file\": \"f\", \"language\": \"pt\", \"gender\": \"m\"}}}", "voice_mappings.a.Gender")]
    [TestCase("{\"voice_mappings\": {\"a\": {\"voice_file\": \"f\", \"language\": \"pt\", \"quality\": \"\"}}}", "voice_mappings.a.Quality")]
    [TestCase("{\"voice_mappings\": {\"\": {\"voice_file\": \"f\", \"language\": \"pt\"}}}", "voice_mappings..VoiceId")]
    [TestCase("{\"available_voices\": {}}", "available_voices")]
    [TestCase("{\"available_voices\": [1]}", "available_voices[0]")]
    [TestCase("{\"available_voices\": [{\"file\": \"f\"}]}", "available_voices[0].id")]
    [TestCase("{\"available_voices\": [{\"id\": \"a\"}, {\"id\": \"a\"}]}", "available_voices[1]")]
    [TestCase("{\"available_voices\": [{\"id\": \"a\", \"file\": \"1\", \"file\": \"2\"}]}", "available_voices[0].file")]
    public void What_is_wrong_is_refused_naming_the_place(string json, string place) =>
        Assert.That(() => VoiceConfiguration.Parse(json), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(place));

    [Test]
    public void A_key_that_stands_twice_is_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => VoiceConfiguration.Parse("""{"settings": {"a": 1, "a": 2}}"""), Throws.InstanceOf<ArgumentException>());
            Assert.That(
                () => VoiceConfiguration.Parse("""{"voice_mappings": {"a": {"voice_file": "1", "language": "pt"}, "a": {"voice_file": "2", "language": "pt"}}}"""),
                Throws.InstanceOf<ArgumentException>());
        }
    }

    [Test]
    public void No_text_is_refused() => Assert.That(() => VoiceConfiguration.Parse(null!), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("json"));

    [Test]
    public void An_ignored_property_may_be_as_deep_as_json_may_be()
    {
        static string Deep(int levels) => $$"""{"ignored": {{new string('[', levels)}}{{new string(']', levels)}}}""";

        using (Assert.EnterMultipleScope())
        {
            Assert.That(VoiceConfiguration.Parse(Deep(499)).Mappings, Is.Empty);
            Assert.That(() => VoiceConfiguration.Parse(Deep(500)), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("json"));
        }
    }
}
