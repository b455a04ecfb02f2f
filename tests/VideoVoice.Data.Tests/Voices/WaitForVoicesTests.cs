using NUnit.Framework;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Voices;

public sealed class WaitForVoicesTests : DatabaseTest
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    [Test]
    public async Task A_video_without_voices_is_answered_at_once()
    {
        var video = await CreateVideoAsync();

        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);

        Assert.That(result!.Status.TotalVoices, Is.Zero);
        Assert.That(result.AllCompleted, Is.False);
    }

    [Test]
    public async Task An_unknown_video_is_answered_with_null() =>
        Assert.That(await Voices.WaitForVoicesAsync(Guid.NewGuid(), cancellationToken: Token), Is.Null);

    [Test]
    public async Task The_audio_comes_in_the_order_of_the_conversation()
    {
        var video = await CreateVideoAsync("one", "two", "three");
        await using var slow = new VoiceManager(DataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1) });
        var waiting = slow.WaitForVoicesAsync(video, cancellationToken: Token);

        foreach (var request in (await Voices.ClaimVoicesAsync("w", 10, s_lease, cancellationToken: Token)).Reverse())
            Assert.That(await Voices.CompleteVoiceProcessingAsync(request.Fence, $"/{request.TextContent}.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));

        var result = await waiting;
        Assert.That(result!.Audio.Select(a => a.OutputAudioPath), Is.EqualTo(new[] { "/one.wav", "/two.wav", "/three.wav" }));
        Assert.That(result.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_sleeping_worker_is_woken_by_a_new_request()
    {
        await using var slow = new VoiceManager(DataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1) });
        var waiting = slow.WaitForWorkAsync(Token);
        Assert.That(await Eventually.HoldsAsync(() => slow.IsAsleep, TimeSpan.FromSeconds(20)), Is.True);

        await CreateVideoAsync("one");

        await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }
}
