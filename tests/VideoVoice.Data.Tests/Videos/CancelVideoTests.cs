using NUnit.Framework;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Videos;

public sealed class CancelVideoTests : QueueTest
{
    [Test]
    public async Task What_is_open_fails_and_what_is_completed_stays()
    {
        var video = await CreateVideoAsync("completed", "failed", "held", "pending");
        await CreateVideoAsync("other");
        await SqlAsync("update voices set queue_at = queue_at - interval '1 hour' where video_id = @video", new { video });
        var fences = (await Voices.ClaimVoicesAsync("worker", 3, Lease, cancellationToken: Token)).Select(r => r.Fence).ToArray();
        await Voices.CompleteVoiceProcessingAsync(fences[0], "/c.wav", cancellationToken: Token);
        await Voices.FailVoiceProcessingAsync(fences[1], "broken", permanent: true, cancellationToken: Token);
        const string Others = "select jsonb_agg(to_jsonb(v) order by v.id)::text from voices v where v.text_content not in ('held', 'pending')";
        var before = await ScalarAsync<string>(Others);

        Assert.That(await Videos.CancelVideoAsync(video, "No longer wanted.", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));

        var voices = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Skip(2).ToArray();
        var cancelled = (await Videos.GetVideoAsync(video, cancellationToken: Token))!;
        var errors = await Voices.ListVoiceErrorsAsync(fences[2].VoiceId, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ScalarAsync<string>(Others), Is.EqualTo(before));
            Assert.That((cancelled.Status, cancelled.ErrorMessage), Is.EqualTo((VideoStatus.Failed, "No longer wanted.")));
            Assert.That(voices.Select(v => (v.Status, v.ErrorMessage)), Has.All.EqualTo((VoiceStatus.Failed, "No longer wanted.")));
            Assert.That(voices.Select(v => v.LeaseExpiresAt), Has.All.Null);
            Assert.That(errors.Select(e => (e.Attempt, e.WorkerId, e.Message)), Is.EqualTo(new[] { (1, "worker", "No longer wanted.") }));
            Assert.That((await Voices.HeartbeatVoicesAsync([fences[2]], Lease, cancellationToken: Token)).Single().Outcome, Is.EqualTo(WriteOutcome.AlreadyFinished));
            Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "other" }));
        }
    }

    [Test]
    public async Task A_cancel_that_waited_for_the_completion_of_its_video_is_refused()
    {
        var video = await CreateVideoAsync("one");

        var outcome = await HeldLock.MeetAsync(
            DataSource,
            "update videos set status = 'completed', completed_at = now() where id = @video",
            new { video },
            () => Videos.CancelVideoAsync(video, cancellationToken: Token),
            Token);

        Assert.That(outcome, Is.EqualTo(WriteOutcome.AlreadyFinished));
        Assert.That(await ScalarAsync<string>("select v.status || ' ' || vo.status from videos v join voices vo on vo.video_id = v.id"), Is.EqualTo("completed pending"));
    }

    [Test]
    public async Task The_same_reason_in_another_video_makes_no_repeat_of_it()
    {
        var video = await CreateVideoAsync("one");
        await Videos.FailVideoAsync(video, "broken", cancellationToken: Token);
        await Videos.CancelVideoAsync(await CreateVideoAsync("other"), "No longer wanted.", cancellationToken: Token);
        await SqlAsync("update voices set status = 'failed', error_message = 'broken' where video_id = @video", new { video });

        Assert.That(await Videos.CancelVideoAsync(video, "No longer wanted.", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
    }

    [Test]
    public async Task A_second_cancel_is_finished_already_and_an_unknown_video_is_not_found()
    {
        var video = await CreateVideoAsync("one");
        await Videos.CancelVideoAsync(video, "first", cancellationToken: Token);

        Assert.That(await Videos.CancelVideoAsync(video, "second", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
        Assert.That((await Videos.GetVideoAsync(video, cancellationToken: Token))!.ErrorMessage, Is.EqualTo("first"));
        Assert.That(await Videos.CancelVideoAsync(Guid.NewGuid(), cancellationToken: Token), Is.EqualTo(WriteOutcome.NotFound));
    }

    [Test]
    public async Task A_completed_video_and_what_a_python_service_left_open_in_it_stay_as_they_are()
    {
        var video = await CreateVideoAsync("pending", "processing");
        await ClaimTextsAsync(1);
        await SqlAsync("update videos set status = 'completed', output_video_path = '/v.mp4'");
        const string Rows = "select jsonb_agg(to_jsonb(v) order by v.id)::text || (select jsonb_agg(to_jsonb(vi))::text from videos vi) from voices v";
        var before = await ScalarAsync<string>(Rows);

        Assert.That(await Videos.CancelVideoAsync(video, cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
        Assert.That(await ScalarAsync<string>(Rows), Is.EqualTo(before));
    }

    [Test]
    public async Task A_cancel_beside_claims_completions_and_retries_leaves_nothing_open_and_no_deadlock()
    {
        for (var i = 0; i < 10; i++)
        {
            var video = await CreateVideoAsync([.. Enumerable.Range(0, 40).Select(n => $"{n}")]);
            var fences = (await Voices.ClaimVoicesAsync("worker", 10, Lease, cancellationToken: Token)).Select(r => r.Fence).ToArray();
            var other = Enumerable.Range(0, 3).Select(_ => (Task)Voices.ClaimVoicesAsync("other", 10, Lease, cancellationToken: Token));
            var completions = fences.Select(f => (Task)Voices.CompleteVoiceProcessingAsync(f, "/c.wav", cancellationToken: Token));

            await Task.WhenAll([.. other, .. completions, Videos.CancelVideoAsync(video, cancellationToken: Token), Videos.CancelVideoAsync(video, cancellationToken: Token)]);
            // What a claim held at the moment of the cancel is waited for, so nothing escapes.
            Assert.That(await ScalarAsync<long>("select count(*) from voices where video_id = @video and status in ('pending', 'processing')", new { video }), Is.Zero);
        }
    }
}
