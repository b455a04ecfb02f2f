using NUnit.Framework;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>A conversation file that is wrong gets a message, and the database gets nothing.</summary>
[CancelAfter(120_000)]
public sealed class ConversationFileTests : CommandTest
{
    [TestCase("", "is no JSON array")]
    [TestCase("[{", "is no JSON array")]
    [TestCase("{}", "is no JSON array")]
    [TestCase("""[{"from":"Ana","text":"\ud800"}]""", "is no JSON array")]
    [TestCase("null", "holds no line")]
    [TestCase("[]", "holds no line")]
    [TestCase("""[{"from":"Ana","text":"Oi."},null]""", "line 2 does not say whose it is")]
    [TestCase("""[{"from":" ","text":"Oi."}]""", "line 1 does not say whose it is")]
    [TestCase("""[{"from":"Ana","text":"Oi."},{"from":"Ana","to":"Bruno"}]""", "line 2 has no text")]
    [TestCase("""[{"from":"Ana","text":"  "}]""", "line 1 has no text")]
    [TestCase("""[{"from":"Ana","text":"a\u0000b"}]""", "cannot be stored")]
    public Task A_wrong_file(string content, string message) => AssertRefusedAsync(content, message);

    [Test]
    public Task A_name_that_is_too_long() =>
        AssertRefusedAsync($$"""[{"from":"Ana","text":"Oi."},{"from":"{{new string('x', 101)}}","text":"Oi."}]""", "cannot be stored");

    [Test]
    public async Task A_speaker_without_a_voice()
    {
        await SqlAsync("delete from voice_mappings");

        await AssertRefusedAsync("""[{"from":"Ana","text":"Oi."}]""", "Ana has no voice");
    }

    [Test]
    public async Task A_missing_file()
    {
        var result = await RunAsync("generate", "missing.json");

        await AssertNothingWrittenAsync(result, "There is no file");
    }

    private async Task AssertRefusedAsync(string content, string message)
    {
        // With a default voice, so that the file alone is wrong.
        if (message != "Ana has no voice")
            await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "default", VoiceName = "Default", VoiceFile = "d.wav", Language = "pt-br", IsDefault = true }, cancellationToken: Token);

        await AssertNothingWrittenAsync(await RunAsync("generate", await FileAsync(content)), message);
    }

    private async Task AssertNothingWrittenAsync(SampleResult result, string message)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Error, Does.Contain(message).And.Not.Contain("   at "));
            Assert.That(result.Output, Is.Empty);
            Assert.That(await Videos.ListVideosAsync(cancellationToken: Token), Is.Empty);
            Assert.That(Directory.Exists(Path.Combine(Folder, "output")), Is.False);
        }
    }
}
