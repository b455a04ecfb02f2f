using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ReleaseVoicesTests : QueueTest
{
    [Test]
    public async Task A_released_request_keeps_its_attempt_and_gets_one_more_so_that_an_old_fence_never_fits_again()
    {
        await CreateVideoAsync("one");
        var first = (await ClaimOneAsync()).Fence;
        await Voices.ReleaseVoicesAsync([first], cancellationToken: Token);

        var voice = (await Voices.GetVoiceAsync(first.VoiceId, cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Status, voice.Attempt, voice.MaxAttempts), Is.EqualTo((VoiceStatus.Pending, 1, 4)));
            Assert.That((voice.WorkerId, voice.LeaseExpiresAt, voice.ProcessingStartedAt), Is.EqualTo(((string?)null, (DateTimeOffset?)null, (DateTimeOffset?)null)));
        }

        var second = (await ClaimOneAsync("second")).Fence;
        Assert.That(second.Attempt, Is.EqualTo(2));
        Assert.That(await Voices.CompleteVoiceProcessingAsync(first, "/old.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.LeaseLost));
        Assert.That(await Voices.CompleteVoiceProcessingAsync(second, "/new.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
    }

    [Test]
    public async Task A_released_request_keeps_its_place_in_the_queue()
    {
        var video = await CreateVideoAsync();
        await QueueAsync(video, "first", 1);
        await QueueAsync(video, "second", 2);
        await Voices.ReleaseVoicesAsync([(await ClaimOneAsync()).Fence], cancellationToken: Token);

        Assert.That(await ClaimTextsAsync(1), Is.EqualTo(new[] { "first" }));
    }
}
