using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>The generator and the cloner as two processes on one database, and the sample on a database that the environment names.</summary>
[CancelAfter(120_000)]
public sealed class TwoServicesTests : CommandTest
{
    private const string Lines = """
        [ { "from": "Aluno", "to": "Professora", "text": "Bom dia, professora!" },
          { "from": "Professora", "to": "Aluno", "text": "Bom dia." },
          { "from": "ALUNO", "to": "Professora", "text": "A [senha] é \u001b[31msecreta?" },
          { "from": "Ana", "to": "Aluno", "text": "Não." } ]
        """;

    private static readonly string[] s_texts = ["Bom dia, professora!", "Bom dia.", "A [senha] é \u001b[31msecreta?", "Não."];

    private static readonly string[] s_voices = ["aluno", "professora", "aluno", "default"];

    protected override bool Initialized => false;

    [Test]
    public async Task One_generates_and_the_other_clones()
    {
        var file = await FileAsync(Lines);
        Assert.That((await RunAsync("init")).ExitCode, Is.Zero);
        using var cloner = Start("clone", "--output", "cloned");

        var generated = await RunAsync("generate", file, "--output", "generated");

        Assert.That(generated.ExitCode, Is.Zero, generated.Error);
        var video = (await Videos.ListVideosAsync(cancellationToken: Token)).Single();
        var voices = await Voices.ListVoicesAsync(video.Id, cancellationToken: Token);
        var mappings = (await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).ToDictionary(mapping => mapping.Id, mapping => mapping.VoiceId);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(video.Status, Is.EqualTo(VideoStatus.Completed));
            Assert.That(video.Title, Is.EqualTo("lines"));
            Assert.That(video.OutputVideoPath, Is.EqualTo(Path.Combine(Folder, "generated", $"{video.Id}", "conversation.wav")));
            Assert.That(video.WhatsappImagesPaths, Is.EqualTo(new[] { Path.Combine(Folder, "generated", $"{video.Id}", "chat-001.svg") }));
            Assert.That(voices.Select(voice => voice.TextContent), Is.EqualTo(s_texts));
            Assert.That(voices.Select(voice => mappings[voice.VoiceMappingId!.Value]), Is.EqualTo(s_voices));
            Assert.That(voices.Select(voice => voice.OutputAudioPath), Is.EqualTo(Enumerable.Range(1, 4).Select(i => Path.Combine(Folder, "cloned", $"{video.Id}", $"00{i}.wav"))));
            Assert.That(generated.Rows.Select(row => row[3]), Is.EqualTo(s_voices));
            Assert.That(generated.Output, Does.Contain("A [senha] é  [31msecreta?").And.Not.Contain('\u001b'), "A terminal obeys no text of the database.");
        }

        await AssertJoinedInOrderAsync(video, voices);
        await AssertStatusAsync(video);

        await cloner.SignalAsync("INT", Token);
        var cloned = await cloner.EndAsync(Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cloned.ExitCode, Is.EqualTo(130), cloned.Error);
            Assert.That(cloned.Lines.Count(line => line.Contains('→')), Is.EqualTo(4));
            Assert.That(cloned.Output, Does.Not.Contain('\u001b'));
        }
    }

    [Test]
    public async Task A_cloner_killed_in_the_middle_is_followed_by_another_and_every_request_is_synthesized_into_its_place()
    {
        var lines = string.Join(',', Enumerable.Range(1, 40).Select(i => $$"""{"from":"Ana","to":"Bruno","text":"Esta é a linha número {{i}}."}"""));
        var file = await FileAsync($"[{lines}]");
        await RunAsync("init");
        using var generator = Start("generate", file);
        using (var first = Start("clone"))
        {
            while (await ScalarAsync<long>("select count(*) from voices where status = 'completed'") < 5)
                await Task.Delay(5, Token);
            first.Kill();
            await first.EndAsync(Token);
        }

        using var second = Start("clone");
        var generated = await generator.EndAsync(Token);

        Assert.That(generated.ExitCode, Is.Zero, generated.Error);
        var video = (await Videos.ListVideosAsync(cancellationToken: Token)).Single();
        var voices = await Voices.ListVoicesAsync(video.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voices.Select(voice => voice.Status), Has.Exactly(40).Items.And.All.EqualTo(VoiceStatus.Completed));
            Assert.That(voices.Select(voice => voice.WorkerId).Distinct().Count(), Is.EqualTo(2), "Both cloners synthesized.");
            Assert.That(voices.Count(voice => voice.Attempt == 2), Is.LessThanOrEqualTo(3), "Only what the first was synthesizing is synthesized again.");
        }

        await AssertJoinedInOrderAsync(video, voices);
    }

    [Test]
    public async Task Without_arguments_the_configured_database_is_used()
    {
        var result = await RunAsync();

        Assert.That(result.ExitCode, Is.Zero, result.Error);
        var video = (await Videos.ListVideosAsync(cancellationToken: Token)).Single();
        var voices = await Voices.ListVoicesAsync(video.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Output, Does.Not.Contain("PostgreSQL"));
            Assert.That(voices.Select(voice => voice.Status), Has.Exactly(18).Items.And.All.EqualTo(VoiceStatus.Completed));
            Assert.That(voices.Select(voice => voice.Attempt), Is.All.EqualTo(1));
        }

        await AssertJoinedInOrderAsync(video, voices);
    }

    [Test]
    public async Task A_cloner_asked_to_run_once_ends_when_nothing_is_pending()
    {
        await RunAsync("init");
        var video = await CreateVideoAsync("Um.", "Dois.", "Três.", "Quatro.", "Cinco.");

        var result = await RunAsync("clone", "--once");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(await Status.CheckVideoVoicesCompletionAsync(video, cancellationToken: Token), Is.True);
        }
    }

    [Test]
    public async Task A_voice_that_failed_fails_the_video_and_the_command()
    {
        await RunAsync("init");
        await SqlAsync("update voice_mappings set language = 'xx-none'");
        using var cloner = Start("clone");

        var result = await RunAsync("generate", await FileAsync("""[{"from":"Ana","to":"Bruno","text":"Oi."}]"""));

        // The tone, which stands in where espeak-ng is not installed, takes any language.
        if (result.ExitCode == 0)
            Assert.Ignore("espeak-ng with Portuguese is not installed.");
        var video = (await Videos.ListVideosByStatusAsync(VideoStatus.Failed, cancellationToken: Token)).Single();
        var watched = await RunAsync("watch", $"{video.Id}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Error, Does.Contain("Line 1 of Ana is Failed."));
            Assert.That(video.ErrorMessage, Does.Contain("espeak-ng"));
            Assert.That(watched.ExitCode, Is.EqualTo(1));
            Assert.That(watched.Output, Does.Contain("0 of 1 completed, 1 failed"));
        }
    }

    private static async Task AssertJoinedInOrderAsync(Video video, IReadOnlyList<Voice> voices)
    {
        var joined = await SamplesAsync(video.OutputVideoPath!);
        var pause = WavFormat.Speech.BytesOf(TimeSpan.FromMilliseconds(300));
        var offset = 0L;
        foreach (var voice in voices)
        {
            var line = await SamplesAsync(voice.OutputAudioPath!);
            Assert.That(joined.AsSpan((int)offset, line.Length).SequenceEqual(line), Is.True, $"Line {voice.Position} is not at its place.");
            offset += line.Length + pause;
        }

        Assert.That(joined, Has.Length.EqualTo(offset - pause));
    }

    private static async Task<byte[]> SamplesAsync(string path)
    {
        var header = await WavFile.ReadHeaderAsync(path, Token);
        return (await File.ReadAllBytesAsync(path, Token))[(int)header.DataOffset..(int)(header.DataOffset + header.DataLength)];
    }

    private async Task AssertStatusAsync(Video video)
    {
        var all = await RunAsync("status");
        var one = await RunAsync("status", $"{video.Id}");
        var watched = await RunAsync("watch", $"{video.Id}");
        var unknown = await RunAsync("status", $"{Guid.NewGuid()}");
        var unwatched = await RunAsync("watch", $"{Guid.Empty}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(all.Rows.Single()[..3], Is.EqualTo(new[] { $"{video.Id}", "lines", "Completed" }));
            Assert.That(all.Output, Does.Contain("Queue: 0 pending; 0 processing"));
            Assert.That(one.Rows.Select(row => row[4]), Has.Exactly(4).Items.And.All.EqualTo("Completed"));
            Assert.That((watched.ExitCode, watched.Output.Trim()), Is.EqualTo((0, "Voices: 4 of 4 completed")));
            Assert.That((unknown.ExitCode, unwatched.ExitCode), Is.EqualTo((1, 1)));
            Assert.That(unknown.Error, Does.Contain("There is no video"));
            Assert.That(unwatched.Error, Does.Contain("There is no video"));
        }
    }
}
