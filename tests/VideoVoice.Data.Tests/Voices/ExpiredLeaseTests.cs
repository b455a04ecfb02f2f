using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ExpiredLeaseTests : QueueTest
{
    [Test]
    public async Task An_expired_lease_is_claimed_again_and_leaves_an_error()
    {
        await CreateVideoAsync("one");
        var first = await ClaimOneAsync("first");
        await ExpireLeasesAsync();

        var second = await ClaimOneAsync("second");

        var voice = (await Voices.GetVoiceAsync(first.Id, cancellationToken: Token))!;
        var error = (await Voices.ListVoiceErrorsAsync(first.Id, cancellationToken: Token)).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((second.Id, second.Attempt), Is.EqualTo((first.Id, 2)));
            Assert.That((voice.WorkerId, voice.Attempt), Is.EqualTo(("second", 2)));
            Assert.That((error.Attempt, error.WorkerId, error.Message), Is.EqualTo((1, "first", "The lease expired.")));
            Assert.That(error.FailedAt, Is.EqualTo(voice.ProcessingStartedAt));
        }
    }

    [Test]
    public async Task A_request_that_is_put_back_and_not_claimed_at_once_is_nobody_s()
    {
        var video = await CreateVideoAsync("one");
        var lapsed = await ClaimOneAsync("first");
        await ExpireLeasesAsync();
        var urgent = await QueueAsync(video, "urgent", 0, priority: 1);

        Assert.That((await ClaimOneAsync("second")).Id, Is.EqualTo(urgent));

        var voice = (await Voices.GetVoiceAsync(lapsed.Id, cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Status, voice.Attempt), Is.EqualTo((VoiceStatus.Pending, 1)));
            Assert.That((voice.WorkerId, voice.LeaseExpiresAt, voice.ProcessingCompletedAt), Is.EqualTo(((string?)null, (DateTimeOffset?)null, (DateTimeOffset?)null)));
        }
    }

    [Test]
    public async Task A_lease_that_has_not_ended_is_left_alone()
    {
        await CreateVideoAsync("one");
        var request = await ClaimOneAsync();
        var before = await RowAsync(request.Id);

        Assert.That(await ClaimTextsAsync(5), Is.Empty);
        Assert.That(await RowAsync(request.Id), Is.EqualTo(before));
    }

    [Test]
    public async Task An_expired_lease_without_attempts_left_fails_and_says_so()
    {
        var video = await CreateVideoAsync("one");
        await SqlAsync("update voices set max_attempts = 1");
        var request = await ClaimOneAsync("worker 7");
        await ExpireLeasesAsync();

        Assert.That(await ClaimTextsAsync(5), Is.Empty);

        var voice = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Single();
        var error = (await Voices.ListVoiceErrorsAsync(request.Id, cancellationToken: Token)).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voice.Status, Is.EqualTo(VoiceStatus.Failed));
            Assert.That(voice.ErrorMessage, Is.EqualTo("The lease of worker worker 7 expired and no attempt is left (1 of 1)."));
            Assert.That((voice.LeaseExpiresAt, voice.Attempt), Is.EqualTo(((DateTimeOffset?)null, 1)));
            Assert.That((error.Attempt, error.WorkerId, error.Message), Is.EqualTo((1, "worker 7", "The lease expired and no attempt is left.")));
            Assert.That(error.FailedAt, Is.EqualTo(voice.ProcessingCompletedAt));
        }
    }

    [Test]
    public async Task Of_many_workers_exactly_one_gets_an_expired_lease()
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set max_attempts = 1000");
        var attempt = (await ClaimOneAsync()).Attempt;

        for (var i = 0; i < 25; i++)
        {
            await ExpireLeasesAsync();
            var claims = await Task.WhenAll(Enumerable.Range(0, 6).Select(w => Voices.ClaimVoicesAsync($"{w}", 3, Lease, cancellationToken: Token)));
            Assert.That(claims.Sum(c => c.Count), Is.EqualTo(1));
            Assert.That(claims.Single(c => c.Count == 1)[0].Attempt, Is.EqualTo(++attempt));
        }
    }

    [Test]
    public async Task Expired_leases_take_their_place_in_the_queue_among_pending_requests_and_count_for_the_limit()
    {
        var video = await CreateVideoAsync();
        await QueueAsync(video, "second", 2);
        Assert.That(await ClaimTextsAsync(1), Is.EqualTo(new[] { "second" }));
        await ExpireLeasesAsync();
        await QueueAsync(video, "first", 1);
        await QueueAsync(video, "third", 3);
        await QueueAsync(video, "fourth", 4);

        Assert.That(await ClaimTextsAsync(3), Is.EqualTo(new[] { "first", "second", "third" }));
    }

    [Test]
    public async Task A_claim_takes_no_more_leases_than_it_asks_for_and_a_late_heartbeat_keeps_the_others()
    {
        await CreateVideoAsync("one", "two", "three");
        var fences = (await Voices.ClaimVoicesAsync("slow", 3, Lease, cancellationToken: Token)).Select(r => r.Fence).ToArray();
        await ExpireLeasesAsync();

        var taken = await ClaimOneAsync("fast");

        var outcomes = await Voices.HeartbeatVoicesAsync(fences, Lease, cancellationToken: Token);
        Assert.That(outcomes.Where(o => o.Outcome == WriteOutcome.LeaseLost).Select(o => o.VoiceId), Is.EqualTo(new[] { taken.Id }));
        Assert.That(outcomes.Count(o => o.Outcome == WriteOutcome.Applied), Is.EqualTo(2));
    }

    [TestCase("update voices set lease_expires_at = now() - interval '1 second' where text_content = 'locked'", TestName = "A_lapsed_lease_that_somebody_writes_holds_up_no_claim")]
    [TestCase("update voices set status = 'pending', lease_expires_at = null, available_at = now() - interval '1 second' where text_content = 'locked'", TestName = "A_due_retry_that_somebody_writes_holds_up_no_claim")]
    [TestCase("update voices set status = 'pending', lease_expires_at = null where text_content = 'locked'", TestName = "A_pending_request_that_somebody_writes_holds_up_no_claim")]
    public async Task What_is_locked_is_left(string sql)
    {
        await CreateVideoAsync("locked", "free");
        await ClaimOneAsync();
        await SqlAsync(sql);
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where text_content = 'locked' for update");

        Assert.That(await ClaimTextsAsync(5).WaitAsync(TimeSpan.FromSeconds(10), Token), Is.EqualTo(new[] { "free" }));
        await held.CommitAsync();
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "locked" }));
    }
}
