using System.Collections.Concurrent;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ClaimVoicesTests : QueueTest
{
    [Test]
    public async Task The_highest_priority_comes_first_and_then_the_oldest()
    {
        var video = await CreateVideoAsync();
        await QueueAsync(video, "newer", 2);
        await QueueAsync(video, "older", 1);
        await QueueAsync(video, "urgent", 3, priority: 1);
        await QueueAsync(video, "idle", 0, priority: -1);

        Assert.That(await ClaimTextsAsync(3), Is.EqualTo(new[] { "urgent", "older", "newer" }));
        Assert.That(await ClaimTextsAsync(3), Is.EqualTo(new[] { "idle" }));
    }

    [Test]
    public async Task A_claim_writes_the_attempt_the_worker_and_the_lease([Values] bool loaded)
    {
        await CreateVideoAsync("one");
        // As an attempt leaves it that somebody else has ended.
        await SqlAsync("update voices set processing_completed_at = now()");
        var claim = new VoiceClaim("worker 7", 1, Lease) { ClaimId = Guid.NewGuid(), LoadedVoiceMappingIds = loaded ? [Guid.NewGuid()] : [] };

        var request = (await Voices.ClaimVoicesAsync(claim, cancellationToken: Token)).Single();

        var voice = (await Voices.GetVoiceAsync(request.Id, cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Attempt, Is.EqualTo(1));
            Assert.That(voice.Status, Is.EqualTo(VoiceStatus.Processing));
            Assert.That(voice.Attempt, Is.EqualTo(1));
            Assert.That(voice.WorkerId, Is.EqualTo("worker 7"));
            Assert.That(voice.LeaseExpiresAt - voice.ProcessingStartedAt, Is.EqualTo(Lease).Within(TimeSpan.FromSeconds(1)));
            Assert.That(voice.ProcessingCompletedAt, Is.Null);
            Assert.That((await Voices.ListClaimedVoicesAsync(claim.ClaimId.Value, cancellationToken: Token)).Select(r => r.Id), Is.EqualTo(new[] { request.Id }));
        }
    }

    /// <summary>The transaction's time, and that of a statement, lie before the creation of what a later snapshot shows.</summary>
    [Test]
    public async Task A_request_is_claimed_after_it_was_created([Values] bool loaded)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await Status.GetTotalsAsync(transaction, Token);
        await CreateVideoAsync("one");
        IReadOnlyList<Guid> mappings = loaded ? [Guid.NewGuid()] : [];

        var request = (await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 1, Lease) { LoadedVoiceMappingIds = mappings }, transaction, Token)).Single();
        await transaction.CommitAsync(Token);

        var voice = (await Voices.GetVoiceAsync(request.Id, cancellationToken: Token))!;
        Assert.That(voice.ProcessingStartedAt, Is.GreaterThanOrEqualTo(voice.CreatedAt));
        Assert.That(request.WaitedSeconds, Is.Not.Negative);
    }

    [Test]
    public async Task Sixteen_workers_that_drain_the_queue_get_each_request_once_and_never_more_than_they_asked_for()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 300).Select(i => $"{i}")]);
        var claims = new ConcurrentBag<(int limit, Guid[] ids)>();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            Guid[] ids;
            do
            {
                var limit = 1 + worker % 5;
                ids = [.. (await Voices.ClaimVoicesAsync($"{worker}", limit, Lease, cancellationToken: Token)).Select(r => r.Id)];
                claims.Add((limit, ids));
            }
            while (ids.Length > 0);
        })));

        var claimed = claims.SelectMany(c => c.ids).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(claimed, Has.Length.EqualTo(300).And.Unique);
            Assert.That(claims.Where(c => c.ids.Length > c.limit), Is.Empty);
            Assert.That(await ScalarAsync<long>("select count(*) from voices where attempt <> 1 or status <> 'processing'"), Is.Zero);
        }
    }

    [Test]
    public async Task A_claim_does_not_wait_for_requests_that_another_transaction_has_locked()
    {
        await CreateVideoAsync("one", "two");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var first = await Voices.ClaimVoicesAsync("first", 1, Lease, transaction: transaction, cancellationToken: Token);

        var second = await Voices.ClaimVoicesAsync("second", 5, Lease, cancellationToken: Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That((first.Single().TextContent, second.Single().TextContent), Is.EqualTo(("one", "two")));
    }

    [Test]
    public async Task A_rolled_back_claim_gives_its_requests_back()
    {
        await CreateVideoAsync("one", "two");
        var ids = (await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Select(r => r.Id).ToArray();
        string[] before = [await RowAsync(ids[0]), await RowAsync(ids[1])];

        await using (var connection = await DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            Assert.That(await Voices.ClaimVoicesAsync("worker", 5, Lease, transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(2));
            await transaction.RollbackAsync(Token);
        }

        Assert.That(new[] { await RowAsync(ids[0]), await RowAsync(ids[1]) }, Is.EqualTo(before));
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public async Task A_delayed_request_is_not_claimed_before_its_time()
    {
        await CreateVideoAsync("late", "now");
        await SqlAsync("update voices set available_at = now() + interval '1 hour' where text_content = 'late'");
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "now" }));

        await SqlAsync("update voices set available_at = now() where text_content = 'late'");
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "late" }));
    }

    [Test]
    public async Task Waited_seconds_count_from_the_creation_or_from_the_end_of_the_delay([Values] bool loaded)
    {
        await CreateVideoAsync("created", "delayed", "moved to the end");
        await SqlAsync("update voices set created_at = now() - interval '1000 seconds', queue_at = now() - interval '1000 seconds'");
        await SqlAsync("update voices set failures = 1, available_at = now() - interval '100 seconds', queue_at = now() - interval '100 seconds' where text_content = 'delayed'");
        await SqlAsync("update voices set queue_at = 'infinity' where text_content = 'moved to the end'");

        var requests = await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 5, Lease) { LoadedVoiceMappingIds = loaded ? [Guid.NewGuid()] : [] }, cancellationToken: Token);

        Assert.That(requests.Select(r => r.WaitedSeconds), Is.EqualTo(new double[] { 1000, 100, 1000 }).Within(60));
        Assert.That(requests.Select(r => r.WaitedSeconds), Has.All.Not.LessThan(100));
    }

    [TestCase("true", "default")]
    [TestCase("false", null)]
    public async Task A_request_without_a_mapping_gets_that_of_its_character_or_the_default_where_the_setting_allows(string fallback, string? expected)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var professora = await MappingAsync("professora");
        await Voices.CreateVoiceRequestsAsync(
            video, [new("Aluno", "by name"), new("Nobody", "by default"), new("Aluno", "as asked", professora)], cancellationToken: Token);
        await SqlAsync("update voices set voice_mapping_id = null where text_content like 'by%'");
        await Settings.SetSettingAsync("fallback_to_default", fallback, cancellationToken: Token);

        var requests = await Voices.ClaimVoicesAsync("worker", 5, Lease, cancellationToken: Token);

        var mapping = (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(requests.Select(r => r.MappingVoiceId), Is.EqualTo(new[] { "aluno", expected, "professora" }));
            Assert.That(requests.Select(r => r.VoiceMappingId is null), Is.EqualTo(new[] { false, expected is null, false }));
            Assert.That((requests[0].VoiceMappingId, requests[0].VoiceFile, requests[0].Language), Is.EqualTo((mapping.Id, mapping.VoiceFile, mapping.Language)));
            Assert.That(requests[2].VoiceMappingId, Is.EqualTo(professora));
        }
    }

    [Test]
    public async Task A_request_that_a_Python_worker_started_is_never_touched()
    {
        var video = await CreateVideoAsync("python");
        var id = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Single().Id;
        await SqlAsync("update voices set status = 'processing', processing_started_at = now() - interval '10 days'");
        var before = await RowAsync(id);

        Assert.That(await ClaimTextsAsync(5), Is.Empty);
        Assert.That(await RowAsync(id), Is.EqualTo(before));
    }
}
