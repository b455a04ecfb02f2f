using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>
/// Two sessions on one request, in the one order in which a missing lock or condition does harm: the first has changed the row, the second has read the old state
/// and waits for it, the first commits. Or the second must not wait at all.
/// </summary>
public sealed class ConcurrentWriteTests : QueueTest
{
    private const string Completed = "update voices set status = 'completed', output_audio_path = '/other.wav', lease_expires_at = null, processing_completed_at = now() where id = @id";
    private const string Cancelled = "update voices set status = 'failed', error_message = 'Cancelled.', lease_expires_at = null, processing_completed_at = now() where id = @id";
    private const string PendingAgain = "update voices set status = 'pending', worker_id = null, lease_expires_at = null where id = @id";
    private const string ClaimedAgain = "update voices set attempt = attempt + 1, worker_id = 'other', lease_expires_at = now() + interval '5 minutes' where id = @id";
    private const string Claimed = "update voices set status = 'processing', attempt = attempt + 1, worker_id = 'other', lease_expires_at = now() + interval '5 minutes', available_at = null where id = @id";
    private const string Renewed = "update voices set lease_expires_at = now() + interval '10 minutes' where id = @id";

    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(20);

    public enum Verb
    {
        Complete,
        CompleteMany,
        CompleteAndClaim,
        Fail,
        Heartbeat,
        Release,
    }

    [TestCase(Completed, WriteOutcome.AlreadyFinished)]
    [TestCase(Cancelled, WriteOutcome.AlreadyFinished)]
    [TestCase(PendingAgain, WriteOutcome.LeaseLost)]
    [TestCase(ClaimedAgain, WriteOutcome.LeaseLost)]
    public async Task A_fenced_write_that_waited_for_the_end_of_its_attempt_is_refused(string end, WriteOutcome expected)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in Enum.GetValues<Verb>())
            {
                await CreateVideoAsync("one");
                var fence = (await ClaimOneAsync()).Fence;

                var outcome = await HeldLock.MeetAsync(DataSource, end, new { id = fence.VoiceId }, () => WriteAsync(verb, fence), Token);

                var row = await RowAsync(fence.VoiceId);
                // A release of a request that is pending again cannot be told from its own repeat, and a claim may take what is pending.
                if (end == PendingAgain && (verb is Verb.Release or Verb.CompleteAndClaim))
                    continue;
                Assert.That(outcome, Is.EqualTo(expected), $"{verb}");
                Assert.That(row, Does.Contain(end == Completed ? "/other.wav" : end == ClaimedAgain ? "\"other\"" : end == Cancelled ? "Cancelled." : "pending"), $"{verb}");
                Assert.That(row, end == ClaimedAgain ? Does.Contain("\"attempt\": 2") : Does.Contain("\"lease_expires_at\": null"), $"{verb}");
                Assert.That(row, Does.Not.Contain("/mine.wav").And.Not.Contain("mine failed"), $"{verb}");
            }
        }
    }

    [TestCase(Claimed, WriteOutcome.NotAllowed)]
    [TestCase(Completed, WriteOutcome.AlreadyFinished)]
    public async Task A_start_without_a_lease_that_waited_is_refused(string change, WriteOutcome expected)
    {
        var id = await QueueAsync(await CreateVideoAsync(), "one", 1);

        var outcome = await HeldLock.MeetAsync(DataSource, change, new { id }, () => Voices.StartVoiceProcessingAsync(id, cancellationToken: Token), Token);

        Assert.That(outcome, Is.EqualTo(expected));
        Assert.That(await ScalarAsync<int>("select attempt from voices where id = @id", new { id }), Is.EqualTo(change == Claimed ? 1 : 0));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_report_without_a_lease_that_waited_for_a_claim_is_refused(bool completes)
    {
        var id = await QueueAsync(await CreateVideoAsync(), "one", 1);
        await Voices.StartVoiceProcessingAsync(id, cancellationToken: Token);

        var outcome = await HeldLock.MeetAsync(
            DataSource,
            ClaimedAgain,
            new { id },
            () => completes ? Voices.CompleteVoiceProcessingAsync(id, "/mine.wav", cancellationToken: Token) : Voices.FailVoiceProcessingAsync(id, "mine failed", cancellationToken: Token),
            Token);

        Assert.That(outcome, Is.EqualTo(WriteOutcome.LeaseLost));
        Assert.That(await ScalarAsync<string>("select status::text from voices where id = @id", new { id }), Is.EqualTo("processing"));
    }

    [Test]
    public async Task A_retry_leaves_what_was_claimed_while_it_waited()
    {
        var (video, id) = await FailedAsync();

        var retried = await HeldLock.MeetAsync(DataSource, Claimed, new { id }, () => Voices.RetryFailedVoicesAsync(video, cancellationToken: Token), Token);

        Assert.That(retried, Is.Zero);
        var voice = await Voices.GetVoiceAsync(id, cancellationToken: Token);
        Assert.That((voice!.Status, voice.WorkerId), Is.EqualTo((VoiceStatus.Processing, "other")));
    }

    [Test]
    public async Task A_retry_waits_for_what_changes_and_stays_failed()
    {
        var (video, id) = await FailedAsync();

        var retried = await HeldLock.MeetAsync(
            DataSource, "update voices set remote_storage_path = '/kept' where id = @id", new { id }, () => Voices.RetryFailedVoicesAsync(video, cancellationToken: Token), Token);

        Assert.That(retried, Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancel_leaves_what_was_completed_while_it_waited()
    {
        var video = await CreateVideoAsync("one");
        var id = (await ClaimOneAsync()).Id;

        await HeldLock.MeetAsync(DataSource, Completed, new { id }, () => Videos.CancelVideoAsync(video, cancellationToken: Token), Token);

        var voice = await Voices.GetVoiceAsync(id, cancellationToken: Token);
        Assert.That((voice!.Status, voice.OutputAudioPath), Is.EqualTo((VoiceStatus.Completed, "/other.wav")));
    }

    [Test]
    public async Task A_cancel_waits_for_a_heartbeat_and_then_fails_the_request()
    {
        var video = await CreateVideoAsync("one");
        var id = (await ClaimOneAsync()).Id;

        await HeldLock.MeetAsync(DataSource, Renewed, new { id }, () => Videos.CancelVideoAsync(video, cancellationToken: Token), Token);

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.Status, Is.EqualTo(VoiceStatus.Failed));
    }

    [Test]
    public async Task A_priority_waits_for_a_heartbeat_and_is_then_set()
    {
        var video = await CreateVideoAsync("one");
        var id = (await ClaimOneAsync()).Id;

        await HeldLock.MeetAsync(DataSource, Renewed, new { id }, () => Videos.SetVideoPriorityAsync(video, 7, cancellationToken: Token), Token);

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.Priority, Is.EqualTo(7));
    }

    /// <summary>As ExpiredLeaseTests.What_is_locked_is_left, for a worker that has the voice loaded: pending, with a lapsed lease, with its delay over.</summary>
    [TestCase("")]
    [TestCase("update voices set status = 'processing', attempt = 1, lease_expires_at = now() - interval '1 second' where text_content = 'locked'")]
    [TestCase("update voices set attempt = 1, available_at = now() - interval '1 second' where text_content = 'locked'")]
    public async Task A_claim_with_loaded_voices_waits_for_nobody(string state)
    {
        var video = await CreateVideoAsync();
        var mapping = await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "x", VoiceName = "X", VoiceFile = "x.wav", Language = "pt" }, cancellationToken: Token);
        await QueueAsync(video, "locked", 1, mapping);
        await QueueAsync(video, "free", 2, mapping);
        if (state != "")
            await SqlAsync(state);
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where text_content = 'locked' for update");

        Assert.That(await ClaimTextsAsync(5, mapping).WaitAsync(s_atOnce, Token), Is.EqualTo(new[] { "free" }));
    }

    /// <summary>A row that a transaction writes for the second time is checked against its foreign keys, though they did not change.</summary>
    [Test]
    public async Task A_claim_of_a_lapsed_lease_waits_for_nobody_who_writes_its_video([Values("cancel", "delete")] string verb)
    {
        var video = await CreateVideoAsync();
        await CreateVideoAsync("of another video");
        foreach (var (id, text) in new[] { (new Guid("00000000-0000-0000-0000-000000000001"), "held"), (new Guid("ffffffff-0000-0000-0000-000000000001"), "lapsed") })
        {
            await SqlAsync(
                """
                insert into voices (id, video_id, character_name, text_content, status, attempt, lease_expires_at, queue_at)
                values (@id, @video, 'Ana', @text, 'processing', 1, now() + interval '5 minutes', now() - interval '1 hour')
                """,
                new { id, video, text });
        }

        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where text_content = 'lapsed'");
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where text_content = 'held' for update");
        Task waiting = verb == "cancel" ? Videos.CancelVideoAsync(video, cancellationToken: Token) : Videos.DeleteVideoAsync(video, cancellationToken: Token);
        await held.UntilWaitedForAsync(waiting, Token);

        Assert.That(await ClaimTextsAsync(1).WaitAsync(s_atOnce, Token), Is.EqualTo(new[] { "lapsed" }));
        await held.CommitAsync();
        await waiting;
    }

    [Test]
    public async Task Requeueing_waits_for_nobody()
    {
        var id = await QueueAsync(await CreateVideoAsync(), "one", 1);
        await SqlAsync("update voices set status = 'processing', attempt = 1, processing_started_at = now() - interval '1 day'");
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where id = @id for update", new { id });

        Assert.That(await Voices.RequeueStuckVoicesAsync(TimeSpan.FromHours(1), cancellationToken: Token).WaitAsync(s_atOnce, Token), Is.Zero);
    }

    private async Task<(Guid Video, Guid Id)> FailedAsync()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await Voices.FailVoiceProcessingAsync(fence, "No.", permanent: true, cancellationToken: Token);
        return (video, fence.VoiceId);
    }

    private async Task<WriteOutcome> WriteAsync(Verb verb, VoiceFence fence) => verb switch
    {
        Verb.Complete => await Voices.CompleteVoiceProcessingAsync(fence, "/mine.wav", cancellationToken: Token),
        Verb.CompleteMany => (await Voices.CompleteVoicesAsync([new VoiceCompletion(fence, "/mine.wav")], cancellationToken: Token)).Single().Outcome,
        Verb.CompleteAndClaim => (await Voices.CompleteAndClaimVoicesAsync([new VoiceCompletion(fence, "/mine.wav")], new VoiceClaim("worker", 1, Lease), cancellationToken: Token)).Outcomes.Single().Outcome,
        Verb.Fail => await Voices.FailVoiceProcessingAsync(fence, "mine failed", cancellationToken: Token),
        Verb.Heartbeat => (await Voices.HeartbeatVoicesAsync([fence], Lease, cancellationToken: Token)).Single().Outcome,
        _ => (await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token)).Single().Outcome,
    };
}
