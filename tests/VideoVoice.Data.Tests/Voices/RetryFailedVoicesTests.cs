using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class RetryFailedVoicesTests : QueueTest
{
    [Test]
    public async Task Only_the_failed_requests_of_that_video_are_pending_again_with_new_attempts()
    {
        var video = await CreateVideoAsync("failed", "completed", "processing", "pending");
        var other = await CreateVideoAsync("other");
        await SqlAsync("update voices set queue_at = queue_at - interval '1 hour' where video_id = @video", new { video });
        var fences = (await Voices.ClaimVoicesAsync("worker", 3, Lease, cancellationToken: Token)).ToDictionary(r => r.TextContent, r => r.Fence);
        await Voices.FailVoiceProcessingAsync(fences["failed"], "broken", permanent: true, cancellationToken: Token);
        await Voices.CompleteVoiceProcessingAsync(fences["completed"], "/c.wav", cancellationToken: Token);
        await SqlAsync("update voices set status = 'failed', error_message = 'python' where video_id = @other", new { other });
        await SqlAsync("update voices set available_at = now() + interval '1 hour', processing_started_at = now() where text_content = 'failed'");
        const string Others = "select jsonb_agg(to_jsonb(v) order by v.id)::text from voices v where v.text_content <> 'failed'";
        var before = await ScalarAsync<string>(Others);

        Assert.That(await Voices.RetryFailedVoicesAsync(video, cancellationToken: Token), Is.EqualTo(1));

        var voice = (await Voices.GetVoiceAsync(fences["failed"].VoiceId, cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ScalarAsync<string>(Others), Is.EqualTo(before));
            Assert.That((voice.Status, voice.Attempt, voice.MaxAttempts), Is.EqualTo((VoiceStatus.Pending, 1, 4)));
            Assert.That((voice.ErrorMessage, voice.WorkerId), Is.EqualTo(((string?)null, (string?)null)));
            Assert.That(new[] { voice.AvailableAt, voice.ProcessingStartedAt, voice.ProcessingCompletedAt }, Has.All.Null);
            Assert.That((await Voices.ListVoiceErrorsAsync(voice.Id, cancellationToken: Token)).Select(e => e.Message), Is.EqualTo(new[] { "broken" }));
        }

        // Its place in the queue is that of the retry, behind what waits for an hour; its old fence does not fit.
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "pending", "failed" }));
        Assert.That(await Voices.CompleteVoiceProcessingAsync(fences["failed"], "/old.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.LeaseLost));
    }

    [Test]
    public async Task Retried_requests_are_claimed_in_the_order_of_their_positions_behind_what_waits()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        // Their ids, by which they are locked, are in the order of their creation; their positions are not.
        for (var i = 0; i < 9; i++)
            await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", $"{i}") { Position = 8 - i }, cancellationToken: Token);
        await SqlAsync("update voices set status = 'failed', queue_at = now() - interval '1 hour'");
        await CreateVideoAsync("waits");

        await Voices.RetryFailedVoicesAsync(video, cancellationToken: Token);

        Assert.That(await ClaimTextsAsync(20), Is.EqualTo(new[] { "waits" }.Concat(Enumerable.Range(0, 9).Select(i => $"{8 - i}"))));
    }

    [Test]
    public async Task Without_a_failed_request_nothing_happens()
    {
        var video = await CreateVideoAsync("one");

        Assert.That(await Voices.RetryFailedVoicesAsync(video, cancellationToken: Token), Is.Zero);
        Assert.That(await Voices.RetryFailedVoicesAsync(Guid.NewGuid(), cancellationToken: Token), Is.Zero);
    }
}
