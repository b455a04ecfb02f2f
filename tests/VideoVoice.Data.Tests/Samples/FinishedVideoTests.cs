using NUnit.Framework;
using VideoVoice.Data.Tests.Testing;
using VideoVoice.Sample;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>What the sample's exit code rests on: a finished video is read back, and each thing that is not true is found.</summary>
[CancelAfter(60_000)]
public sealed class FinishedVideoTests : DatabaseTest
{
    private readonly TemporaryFolder _folder = new();

    private readonly Conversation _conversation = new("três.json", [new("Ana", "Bruno", "Oi, tudo bem?"), new("Bruno", "Ana", "Tudo."), new("Ana", "Bruno", "Que bom!")]);

    private Guid _video;

    [SetUp]
    public async Task CreateAsync()
    {
        await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "default", VoiceName = "Default", VoiceFile = "d.wav", Language = "pt-br", IsDefault = true }, cancellationToken: Token);
        _video = await Generator.CreateAsync(_conversation, Token);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private Generator Generator => new(Videos, Voices, VoiceMappings);

    [Test]
    public async Task A_finished_video_has_no_faults()
    {
        await FinishAsync();

        Assert.That(await FindFaultsAsync(), Is.Empty);
    }

    [TestCase("update videos set status = 'processing'", "The video is Processing,")]
    [TestCase("update videos set completed_at = null", "The video is Completed, completed at no time.")]
    [TestCase("update videos set whatsapp_images_paths = null", "images")]
    [TestCase("update videos set whatsapp_images_paths = '{missing.svg}'", "images")]
    [TestCase("update videos set output_video_path = 'missing.wav'", "The audio of the video")]
    [TestCase("update videos set output_video_path = (select output_audio_path from voices where position = 0)", "its lines and pauses last")]
    [TestCase("update voices set status = 'failed', updated_at = now() where position = 1", "Not all voices are completed.")]
    [TestCase("update voices set text_content = 'Outra.' where position = 1", "The lines are not those of the conversation.")]
    [TestCase("update voices set position = 7 where position = 2", "The lines are not those of the conversation.")]
    [TestCase("delete from voices where position = 2", "The lines are not those of the conversation.")]
    [TestCase("update voices set voice_mapping_id = null where position = 2", "A line has no voice.")]
    [TestCase("update voices set output_audio_path = 'a.wav', updated_at = now() where position = 2", "A line has no absolute path.")]
    [TestCase("update voices set output_audio_path = null, updated_at = now() where position = 2", "The audio of line 3")]
    public async Task What_is_not_true_in_the_database_is_a_fault(string sql, string fault)
    {
        await FinishAsync();
        Assert.That(await SqlAsync(sql), Is.EqualTo(1));

        Assert.That(await FindFaultsAsync(), Has.Some.Contains(fault));
    }

    [Test]
    public async Task A_missing_video_is_a_fault() =>
        Assert.That(await new Verification(Videos, Voices, Status).FindFaultsAsync(Guid.NewGuid(), _conversation, Token), Has.Count.EqualTo(1));

    [Test]
    public async Task A_request_that_is_not_completed_fails_the_video()
    {
        Assert.That(
            async () => await Generator.CompleteAsync(_video, _conversation, _folder.Path, Token),
            Throws.TypeOf<SampleException>().With.Message.Contains("Line 1 of Ana is Pending."));

        var video = await Videos.GetVideoAsync(_video, cancellationToken: Token);
        Assert.That((video!.Status, video.ErrorMessage), Is.EqualTo((VideoStatus.Failed, "Line 1 of Ana is Pending.")));
    }

    [Test]
    public async Task Audio_that_is_missing_on_the_disk_fails_the_video()
    {
        await CloneAsync(new ToneSynthesizer("test"));
        var line = (await Voices.ListVoicesAsync(_video, cancellationToken: Token))[1];
        File.Delete(line.OutputAudioPath!);

        Assert.That(
            async () => await Generator.CompleteAsync(_video, _conversation, _folder.Path, Token),
            Throws.TypeOf<SampleException>().With.Message.Contains("002.wav"));
        Assert.That((await Videos.GetVideoAsync(_video, cancellationToken: Token))!.Status, Is.EqualTo(VideoStatus.Failed));
    }

    private async Task FinishAsync()
    {
        await CloneAsync(new ToneSynthesizer("test"));
        await Generator.CompleteAsync(_video, _conversation, _folder.Path, Token);
    }

    private async Task CloneAsync(ISpeechSynthesizer synthesizer)
    {
        var cloner = new Cloner(synthesizer, _folder.Path);
        foreach (var request in await Voices.ClaimVoicesAsync("test", 100, TimeSpan.FromMinutes(1), cancellationToken: Token))
        {
            var voice = await cloner.SynthesizeAsync(request, Token);
            await Voices.CompleteVoiceProcessingAsync(request.Fence, voice.OutputAudioPath, cancellationToken: Token);
        }
    }

    private Task<IReadOnlyList<string>> FindFaultsAsync() => new Verification(Videos, Voices, Status).FindFaultsAsync(_video, _conversation, Token);
}
