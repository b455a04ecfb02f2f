using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Videos;

/// <summary>A video with more requests than one statement writes.</summary>
[CancelAfter(120_000)]
public sealed class LongVideoTests : QueueTest
{
    private const int Requests = (2 * Database.BatchSize) + 1;

    private Guid _video;

    [SetUp]
    public async Task CreateAsync() => _video = await CreateVideoAsync([.. Enumerable.Range(0, Requests).Select(i => $"{i}")]);

    [Test]
    public async Task All_its_requests_are_cancelled_and_put_back()
    {
        await CreateVideoAsync("other");

        Assert.That(await Videos.CancelVideoAsync(_video, "No longer wanted.", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await CountAsync("status = 'failed' and error_message = 'No longer wanted.'"), Is.EqualTo(Requests));
        Assert.That(await Voices.RetryFailedVoicesAsync(_video, cancellationToken: Token), Is.EqualTo(Requests));
        Assert.That(await CountAsync("status = 'pending'"), Is.EqualTo(Requests + 1));
    }

    [Test]
    public async Task All_its_requests_get_the_priority()
    {
        Assert.That(await Videos.SetVideoPriorityAsync(_video, 3, cancellationToken: Token), Is.True);
        Assert.That(await CountAsync("priority = 3"), Is.EqualTo(Requests));
    }

    [Test]
    public async Task All_its_stuck_requests_are_requeued()
    {
        await SqlAsync("update voices set status = 'processing', processing_started_at = now() - interval '1 day'");

        Assert.That(await Voices.RequeueStuckVoicesAsync(TimeSpan.FromHours(1), cancellationToken: Token), Is.EqualTo(Requests));
        Assert.That(await CountAsync("status = 'pending'"), Is.EqualTo(Requests));
    }

    [Test]
    public async Task No_statement_writes_more_than_a_batch()
    {
        await SqlAsync(
            """
            create table written (n bigint);
            create function note() returns trigger language plpgsql as $$ begin insert into written select count(*) from changed; return null; end $$;
            create trigger note after update on voices referencing new table as changed for each statement execute function note();
            """);

        await Videos.SetVideoPriorityAsync(_video, 3, cancellationToken: Token);
        await Videos.CancelVideoAsync(_video, cancellationToken: Token);
        await Voices.RetryFailedVoicesAsync(_video, cancellationToken: Token);
        await SqlAsync("update voices set status = 'processing', processing_started_at = now() - interval '1 day'; delete from written where n = @Requests", new { Requests });
        await Voices.RequeueStuckVoicesAsync(TimeSpan.FromHours(1), cancellationToken: Token);

        Assert.That(await ScalarAsync<long>("select max(n) from written"), Is.EqualTo(Database.BatchSize));
        Assert.That(await ScalarAsync<long>("select sum(n)::bigint from written"), Is.EqualTo(4 * Requests));
    }

    [Test]
    public async Task Its_requests_are_listed_in_pages()
    {
        var all = new List<Voice>();
        while (await Voices.ListVoicesAsync(_video, offset: all.Count, cancellationToken: Token) is { Count: > 0 } page)
            all.AddRange(page);

        Assert.That(all.Select(v => v.Position), Is.EqualTo(Enumerable.Range(0, Requests)));
        Assert.That((await Voices.ListVoicesAsync(_video, 3, 5, cancellationToken: Token)).Select(v => v.Position), Is.EqualTo(new[] { 5, 6, 7 }));
    }

    private Task<long> CountAsync(string condition) => ScalarAsync<long>($"select count(*) from voices where {condition}");
}
