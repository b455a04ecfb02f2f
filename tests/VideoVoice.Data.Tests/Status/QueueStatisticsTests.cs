using NUnit.Framework;

namespace VideoVoice.Data.Tests.Status;

/// <summary>Where the statistics of the queue look for the oldest request, also in sessions whose plans bring no order of their own.</summary>
public sealed class QueueStatisticsTests : UnorderedTest
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private Guid _video;

    [SetUp]
    public async Task CreateAsync() => _video = await CreateVideoAsync();

    [Test]
    public async Task The_oldest_is_found_behind_a_hundred_of_a_higher_priority()
    {
        await InsertAsync("4, now() from generate_series(1, 1)");
        await InsertAsync("0, now() - interval '1 day' from generate_series(1, 1)");
        await InsertAsync("3, now() from generate_series(1, 150)");
        await InsertAsync("-3, now() from generate_series(1, 150)");

        await AssertOldestAsync(s_day);
    }

    [Test]
    public async Task The_oldest_is_found_although_a_hundred_of_another_priority_have_waited_longer_in_the_queue()
    {
        await InsertAsync("3, now() from generate_series(1, 150)", "now() - interval '2 days'");
        await InsertAsync("0, now() - interval '1 day' from generate_series(1, 1)");

        await AssertOldestAsync(s_day);
    }

    [Test]
    public async Task Delayed_requests_of_a_hundred_priorities_hide_no_other()
    {
        await InsertAsync("i, now() from generate_series(1, 150) i", delay: "1 hour");
        await InsertAsync("0, now() - interval '1 day' from generate_series(1, 1)");

        await AssertOldestAsync(s_day);
    }

    [Test]
    public async Task A_hundred_priorities_are_looked_at_from_the_highest()
    {
        await InsertAsync("-i, now() - interval '1 day' - make_interval(days => i) from generate_series(0, 100) i order by random()");

        await AssertOldestAsync(s_day * 100);
    }

    [Test]
    public async Task A_hundred_requests_of_a_priority_are_looked_at_from_the_head()
    {
        // The further back in the queue, the older.
        await SqlAsync(
            """
            insert into voices (video_id, text_content, created_at, queue_at)
            select @video, 'Oi', now() - interval '1 day' - make_interval(days => i), now() + make_interval(secs => i) from generate_series(0, 100) i order by random()
            """,
            new { video = _video });

        await AssertOldestAsync(s_day * 100);
    }

    [Test]
    public async Task A_hundred_retries_that_are_due_are_looked_at_from_the_first()
    {
        await SqlAsync(
            """
            insert into voices (video_id, text_content, created_at, available_at)
            select @video, 'Oi', now() - interval '1 day' - make_interval(days => i), now() - interval '1 hour' + make_interval(secs => i) from generate_series(0, 100) i order by random()
            """,
            new { video = _video });

        await AssertOldestAsync(s_day * 100);
    }

    [Test]
    public async Task A_request_that_is_not_pending_counts_nowhere_whatever_its_delay()
    {
        await SqlAsync(
            """
            insert into voices (video_id, text_content, status, priority, created_at, available_at, lease_expires_at)
            select @video, 'Oi', s.status::voice_status, i, now() - interval '1 day', now() + d.delay::interval, now() - interval '1 hour'
            from generate_series(1, 150) i, unnest('{completed,failed}'::text[]) s (status), unnest('{-1 hour,1 hour,null}'::text[]) d (delay)
            """,
            new { video = _video });

        Assert.That(await Status.GetQueueStatisticsAsync(cancellationToken: Token), Is.EqualTo(new QueueStatistics()));

        await InsertAsync("0, now() - interval '1 day' from generate_series(1, 1)");

        await AssertOldestAsync(s_day);
    }

    private Task<int> InsertAsync(string priorityAndCreation, string queueAt = "now()", string? delay = null) => SqlAsync(
        $"""
        insert into voices (video_id, text_content, queue_at, available_at, priority, created_at)
        select @video, 'Oi', {queueAt}, now() + @delay::interval, {priorityAndCreation}
        """,
        new { video = _video, delay });

    private async Task AssertOldestAsync(TimeSpan age)
    {
        foreach (var status in new[] { Status, new StatusManager(Unordered.DataSource) })
            Assert.That((await status.GetQueueStatisticsAsync(cancellationToken: Token)).OldestPendingAge, Is.InRange(age, age + TimeSpan.FromHours(1)));
    }
}
