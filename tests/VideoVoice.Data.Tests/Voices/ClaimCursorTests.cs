using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Voices;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>The cursor is a hint: what appears before it is claimed all the same.</summary>
[CancelAfter(60_000)]
public sealed class ClaimCursorTests : DatabaseTest
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    [TestCase("update voices set status = 'pending', lease_expires_at = null where id = @id", TestName = "A_retry_behind_the_cursor_is_claimed")]
    [TestCase("update voices set lease_expires_at = now() - interval '1 second' where id = @id", TestName = "An_expired_lease_behind_the_cursor_is_claimed")]
    public async Task What_appears_before_the_cursor_is_claimed(string sql)
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 1_630).Select(i => $"{i}")]);
        var first = (await ClaimAsync(800))[0];
        await ClaimAsync(800);
        await SqlAsync(sql, new { id = first.Id });

        // The cursor's second is not over, most likely: the short claim is what looks back.
        var seen = (await ClaimAsync(40)).ToList();

        Assert.That(seen, Has.Count.EqualTo(31));
        Assert.That(seen.Single(r => r.Id == first.Id).Attempt, Is.EqualTo(2));
    }

    [Test]
    public async Task A_raised_priority_is_seen_within_a_second_while_full_claims_go_on()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 3_000).Select(i => $"{i}")]);
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        await voices.ClaimVoicesAsync("w", 1_500, s_lease, cancellationToken: Token);
        var urgent = await CreateVideoAsync("urgent");
        await Videos.SetVideoPriorityAsync(urgent, 5, cancellationToken: Token);

        Assert.That((await voices.ClaimVoicesAsync("w", 50, s_lease, cancellationToken: Token)).Select(r => r.VideoId), Has.None.EqualTo(urgent), "It starts at the cursor.");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await voices.ClaimVoicesAsync("w", 50, s_lease, cancellationToken: Token))[0].VideoId, Is.EqualTo(urgent));
    }

    [Test]
    public async Task A_short_claim_from_the_head_has_looked_at_everything_and_does_not_look_back()
    {
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        await CreateVideoAsync("lapsed");
        var lapsed = (await voices.ClaimVoicesAsync("w", 2, s_lease, cancellationToken: Token)).Single();
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where id = @id", new { id = lapsed.Id });
        await CreateVideoAsync("new");

        var found = await voices.ClaimVoicesAsync("w", 2, s_lease, cancellationToken: Token);

        Assert.That(found.Select(r => r.TextContent), Is.EqualTo(new[] { "new" }), "Leases that have ended are looked for once a second.");
    }

    [Test]
    public void A_claim_starts_where_the_last_full_one_ended_and_looks_back_once_a_second()
    {
        var last = new VoiceRequest { Id = Guid.NewGuid(), Priority = 2, QueueAt = DateTimeOffset.UnixEpoch };
        var cursor = new ClaimCursor(_time);
        Assert.That(cursor.Take(), Is.EqualTo((ClaimCursor.Place.First, true)), "The first claim looks at everything.");

        cursor.Set(ClaimCursor.Place.Of(last));

        Assert.That(cursor.Take(), Is.EqualTo((new ClaimCursor.Place { CursorPriority = -2, CursorQueued = DateTimeOffset.UnixEpoch, CursorId = last.Id }, false)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(cursor.Take(), Is.EqualTo((ClaimCursor.Place.First, true)), "Once a second it looks back.");
        Assert.That(cursor.Take(), Is.EqualTo((cursor.Current, false)));
        Assert.That(cursor.Current, Is.Not.EqualTo(ClaimCursor.Place.First));
        cursor.LookBackNext();
        Assert.That(cursor.Take(), Is.EqualTo((ClaimCursor.Place.First, true)), "Something was left.");
        cursor.Set(null);
        Assert.That(cursor.Take(), Is.EqualTo((ClaimCursor.Place.First, false)), "The head of the queue.");
    }

    [TestCase("update voices set lease_expires_at = now() - interval '1 second' where id = @Id", TestName = "A_lapsed_lease_is_taken_over_within_a_second_while_full_claims_go_on")]
    [TestCase("update voices set status = 'pending', lease_expires_at = null, available_at = now() - interval '1 second', queue_at = now() - interval '1 day' where id = @Id", TestName = "A_due_retry_is_claimed_within_a_second_while_full_claims_go_on")]
    public async Task What_becomes_due_is_claimed_within_a_second(string sql)
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        var first = (await voices.ClaimVoicesAsync("died", 1, s_lease, cancellationToken: Token)).Single();
        await SqlAsync(sql, new { first.Id });

        Assert.That((await voices.ClaimVoicesAsync("w", 3, s_lease, cancellationToken: Token)).Select(r => r.Position), Is.EqualTo(new[] { 1, 2, 3 }), "It was looked for in this second.");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await voices.ClaimVoicesAsync("w", 3, s_lease, cancellationToken: Token)).Select(r => (r.Position, r.Attempt)), Is.EqualTo(new (int?, int)[] { (0, 2), (4, 1), (5, 1) }));
    }

    [Test]
    public async Task The_claims_of_one_after_another_take_over_all_that_has_lapsed_at_once()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 20).Select(i => $"{i}")]);
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        await voices.ClaimVoicesAsync("died", 5, s_lease, cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where status = 'processing'");
        _time.Advance(TimeSpan.FromSeconds(1));

        // Each finds as many as it asks for, so the next looks, too, although the second is not over.
        for (var i = 0; i < 5; i++)
            Assert.That((await voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token)).Single().PreviousWorkerId, Is.EqualTo("died"));
        Assert.That((await voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token)).Single().PreviousWorkerId, Is.Null);
    }

    [Test]
    public async Task Claims_with_loaded_voices_start_at_the_first_request_that_they_left()
    {
        var loaded = (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id;
        await Videos.CreateVideoWithVoicesAsync(
            "Video", [.. Enumerable.Range(0, 4).Select(i => new NewVoiceRequest(i == 1 ? "Aluno" : "Professora", $"{i}"))], cancellationToken: Token);
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        var claim = new VoiceClaim("w", 1, s_lease) { LoadedVoiceMappingIds = [loaded] };

        // The first of all stays behind the loaded voice, and is not passed over then.
        List<string> texts = [];
        for (var i = 0; i < 4; i++)
            texts.Add((await voices.ClaimVoicesAsync(claim, cancellationToken: Token)).Single().TextContent);

        Assert.That(texts, Is.EqualTo(new[] { "1", "0", "2", "3" }));
        Assert.That(await voices.ClaimVoicesAsync(claim, cancellationToken: Token), Is.Empty);
    }

    [Test]
    public async Task A_claim_that_would_find_nothing_looks_at_everything_first()
    {
        await CreateVideoAsync("one");
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions(), notifier: null, logger: null);
        var first = (await voices.ClaimVoicesAsync("died", 1, s_lease, cancellationToken: Token)).Single();
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where id = @Id", new { first.Id });

        Assert.That((await voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token)).Single().Attempt, Is.EqualTo(2));
    }

    [Test]
    public async Task An_attempt_without_a_successor_fails_and_whoever_waits_is_told_at_once()
    {
        var video = await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set max_attempts = 1 where text_content = 'one'");
        await using var voices = new VoiceManager(new Database(DataSource, time: _time), new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1) }, notifier: null, logger: null);
        await using var waiter = new VoiceManager(DataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1) });
        var claimed = await voices.ClaimVoicesAsync("died", 2, s_lease, cancellationToken: Token);
        await voices.CompleteVoiceProcessingAsync(claimed[1].Fence, "/two.wav", cancellationToken: Token);
        var waiting = waiter.WaitForVoicesAsync(video, cancellationToken: Token);
        while (!waiter.IsAsleep)
            await Task.Delay(10, Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where status = 'processing'");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token), Is.Empty);

        // The pause after the notification of the completion is one of this clock.
        while (!waiting.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(10, Token);
        }

        Assert.That((await waiting)!.Status.FailedVoices, Is.EqualTo(1));
    }

    [Test]
    public async Task The_claims_of_a_process_go_on_in_order()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);

        var positions = new List<int?>();
        while (await ClaimAsync(7) is { Count: > 0 } claimed)
            positions.AddRange(claimed.Select(r => r.Position));

        Assert.That(positions, Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Nothing_is_lost_while_requests_are_retried_requeued_raised_and_committed_late()
    {
        const int videos = 20, lines = 50;
        var completed = new ConcurrentDictionary<Guid, int>();
        using var created = new CancellationTokenSource();
        var creators = Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => CreateAsync(i, videos / 4, lines))));
        var workers = Enumerable.Range(0, 4).Select(i => Task.Run(() => WorkAsync($"w{i}", completed, created.Token))).ToArray();

        await creators;
        await created.CancelAsync();
        await Task.WhenAll(workers);

        Assert.That(completed, Has.Count.EqualTo(videos * lines));
        Assert.That(completed.Values, Is.All.EqualTo(1));
        Assert.That(await ScalarAsync<long>("select count(*) from voices where status <> 'completed'"), Is.Zero);
    }

    private async Task CreateAsync(int seed, int videos, int lines)
    {
        var random = new Random(seed);
        for (var i = 0; i < videos; i++)
        {
            // Committed late: the rows' places in the queue are older than what others have claimed since.
            await using var connection = await DataSource.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var video = await Videos.CreateVideoAsync("Video", transaction: transaction, cancellationToken: Token);
            NewVoiceRequest[] requests = [.. Enumerable.Range(0, lines).Select(n => new NewVoiceRequest("Aluno", $"{n}") { MaxAttempts = 100 })];
            await Voices.CreateVoiceRequestsAsync(video, requests, transaction: transaction, cancellationToken: Token);
            await Task.Delay(random.Next(60), Token);
            await transaction.CommitAsync(Token);
            await Videos.SetVideoPriorityAsync(video, random.Next(3), cancellationToken: Token);
        }
    }

    private async Task WorkAsync(string worker, ConcurrentDictionary<Guid, int> completed, CancellationToken created)
    {
        await using var voices = new VoiceManager(DataSource, new VideoVoiceOptions { RetryDelay = TimeSpan.FromMilliseconds(5) });
        var random = new Random(worker.GetHashCode(StringComparison.Ordinal));
        while (true)
        {
            var last = created.IsCancellationRequested;
            var claimed = await voices.ClaimVoicesAsync(worker, 10, s_lease, cancellationToken: Token);
            foreach (var request in claimed)
            {
                switch (random.Next(6))
                {
                    case 0:
                        await voices.FailVoiceProcessingAsync(request.Fence, "again", cancellationToken: Token);
                        break;
                    case 1:
                        await voices.ReleaseVoicesAsync([request.Fence], cancellationToken: Token);
                        break;
                    case 2:
                        // The lease ends while nobody synthesizes.
                        await SqlAsync("update voices set lease_expires_at = now() where id = @Id and attempt = @Attempt", new { request.Id, request.Attempt });
                        break;
                    default:
                        if (await voices.CompleteVoiceProcessingAsync(request.Fence, "/a.wav", cancellationToken: Token) == WriteOutcome.Applied)
                            completed.AddOrUpdate(request.Id, 1, (_, n) => n + 1);
                        break;
                }
            }

            if (claimed.Count == 0 && last && await ScalarAsync<long>("select count(*) from voices where status <> 'completed'") == 0)
                return;
        }
    }

    private Task<IReadOnlyList<VoiceRequest>> ClaimAsync(int limit) => Voices.ClaimVoicesAsync("w", limit, s_lease, cancellationToken: Token);
}
