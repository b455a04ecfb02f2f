using NUnit.Framework;

namespace VideoVoice.Data.Tests.Schema;

public sealed class SchemaInitializerTests : DatabaseTest
{
    [Test]
    public async Task A_current_schema_is_left_alone()
    {
        var result = await new SchemaInitializer(DataSource).InitializeAsync(Token);

        Assert.That(result.Applied, Is.Empty);
        Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LibraryVersion));
    }

    [Test]
    public async Task Smoke()
    {
        var video = await Videos.CreateVideoAsync("Title", "d", "/b.mp4", """{"a": 1}""");
        Assert.That(await Voices.CreateVoiceRequestsAsync(video, [new("Ana", "Oi"), new("Bruno", "Olá")]), Is.EqualTo(2));
        Assert.That(await Videos.UpdateVideoStatusAsync(video, VideoStatus.Processing, ["/a.png"]), Is.EqualTo(Outcome.Applied));
        foreach (var request in await Voices.ListPendingVoicesAsync())
        {
            Assert.That(request.VoiceFile, Does.Contain("Clipchamp"));
            Assert.That(await Voices.StartVoiceProcessingAsync(request.Id), Is.EqualTo(Outcome.Applied));
            Assert.That(await Voices.CompleteVoiceProcessingAsync(request.Id, "/x.wav"), Is.EqualTo(Outcome.Applied));
            Assert.That(await Voices.CompleteVoiceProcessingAsync(request.Id, "/x.wav"), Is.EqualTo(Outcome.AlreadyFinished));
        }

        Assert.That(await Status.CheckVideoVoicesCompletionAsync(video), Is.True);
        Assert.That(await Videos.UpdateVideoCompletedAsync(video, "/o.mp4"), Is.EqualTo(Outcome.Applied));
        Assert.That(await VoiceMappings.SetDefaultVoiceMappingAsync("aluno"), Is.True);
        await VoiceMappings.ImportVoiceConfigurationAsync(VoiceConfiguration.Parse(await File.ReadAllTextAsync("voice_mapping.json")));
        Assert.That((await VoiceMappings.GetDefaultVoiceMappingAsync())!.VoiceId, Is.EqualTo("default"));
        Assert.That(await Settings.GetSettingAsync("fallback_to_default", false), Is.True);
        await Status.GetTotalsAsync();
        await Status.GetQueueStatisticsAsync();
        await Status.ListVideoProcessingStatusAsync();
        await Videos.ListVideosByStatusAsync(VideoStatus.Completed, (await Videos.GetVideoAsync(video))!.Cursor);
        await Voices.ListVoicesAsync(video);
    }
}
