using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

/// <summary>What a second write of a mapping changes, and what it leaves.</summary>
public sealed class ChangedMappingTests : DatabaseTest
{
    private static readonly NewVoiceMapping s_first = new()
    {
        VoiceId = "x",
        VoiceName = "X",
        VoiceFile = "x.wav",
        Language = "pt",
        Description = "first",
        Gender = "male",
        Quality = "low",
    };

    private static readonly NewVoiceMapping s_second = new()
    {
        VoiceId = "x",
        VoiceName = "Y",
        VoiceFile = "y.wav",
        Language = "en",
        Description = "second",
        Gender = "female",
        Quality = "high",
    };

    [Test]
    public async Task Every_property_is_written_again([Values] bool import)
    {
        var id = await VoiceMappings.SetVoiceMappingAsync(s_first, cancellationToken: Token);

        if (import)
        {
            var configuration = VoiceConfiguration.Parse(
                """
                {
                    "voice_mappings": {"x": {"voice_file": "y.wav", "language": "en", "description": "second", "gender": "female", "quality": "high"}},
                    "available_voices": [{"id": "x", "name": "Y"}]
                }
                """);
            await VoiceMappings.ImportVoiceConfigurationAsync(configuration, cancellationToken: Token);
        }
        else
        {
            await VoiceMappings.SetVoiceMappingAsync(s_second, cancellationToken: Token);
        }

        var stored = (await VoiceMappings.GetVoiceMappingByIdAsync(id, cancellationToken: Token))!;
        Assert.That(
            (stored.VoiceId, stored.VoiceName, stored.VoiceFile, stored.Language, stored.Description, stored.Gender, stored.Quality),
            Is.EqualTo((s_second.VoiceId, s_second.VoiceName, s_second.VoiceFile, s_second.Language, s_second.Description, s_second.Gender, s_second.Quality)));
    }

    [TestCase(false, "default")]
    [TestCase(true, "x")]
    public async Task Only_a_mapping_that_is_to_be_the_default_takes_it_away(bool isDefault, string expected)
    {
        await VoiceMappings.SetVoiceMappingAsync(s_first with { IsDefault = isDefault }, cancellationToken: Token);

        Assert.That((await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Where(m => m.IsDefault).Select(m => m.VoiceId), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public async Task Requests_of_another_mapping_do_not_keep_it()
    {
        await VoiceMappings.SetVoiceMappingAsync(s_first, cancellationToken: Token);
        var video = await CreateVideoAsync();
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "Oi", (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id, cancellationToken: Token);

        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("x", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token), Is.EqualTo(WriteOutcome.NotAllowed));
        Assert.That((await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Select(m => m.VoiceId), Does.Contain("aluno").And.Contain("default").And.Not.Contain("x"));
    }
}
