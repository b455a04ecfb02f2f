using NUnit.Framework;

namespace VideoVoice.Data.Tests.Status;

public sealed class StatusManagerTests : DatabaseTest
{
    private static readonly DateTimeOffset s_time = new(2024, 2, 29, 23, 59, 58, TimeSpan.Zero);

    private static readonly VideoProcessingStatus s_status = new()
    {
        VideoId = Guid.Parse("0190a6e0-0000-7000-8000-0000000000f5"),
        Title = "Title",
        VideoStatus = VideoStatus.Completed,
        VideoCreatedAt = s_time,
        TotalVoices = 10,
        CompletedVoices = 2,
        FailedVoices = 1,
        PendingVoices = 7,
    };

    [Test]
    public async Task The_status_of_a_video_has_every_column_and_counts_only_its_own_requests()
    {
        EveryProperty.IsSet(s_status);
        await SqlAsync("insert into videos (id, title, status, created_at) values (@VideoId, @Title, 'completed', @VideoCreatedAt)", s_status);
        await InsertVoicesAsync(s_status.VideoId, pending: 4, processing: 3, completed: 2, failed: 1);
        var other = await Videos.CreateVideoAsync("Other", cancellationToken: Token);
        await InsertVoicesAsync(other, pending: 1, processing: 1, completed: 1, failed: 1);

        var status = await Status.GetVideoProcessingStatusAsync(s_status.VideoId, cancellationToken: Token);
        var list = await Status.ListVideoProcessingStatusAsync(cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(status, Is.EqualTo(s_status));
            Assert.That(status!.Cursor, Is.EqualTo(new PageCursor(s_time, s_status.VideoId)));
            Assert.That(list, Is.EqualTo([await Status.GetVideoProcessingStatusAsync(other, cancellationToken: Token), s_status]));
            Assert.That(list[0].PendingVoices, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task A_video_without_requests_has_zeros_and_an_unknown_one_has_no_status()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        var status = await Status.GetVideoProcessingStatusAsync(video, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(status, Is.EqualTo(new VideoProcessingStatus { VideoId = video, Title = "Video", VideoCreatedAt = status!.VideoCreatedAt }));
            Assert.That(await Status.ListVideoProcessingStatusAsync(cancellationToken: Token), Is.EqualTo([status]));
            Assert.That(await Status.GetVideoProcessingStatusAsync(Guid.NewGuid(), cancellationToken: Token), Is.Null);
        }
    }

    [TestCase(0, 0, 0, 0, false)]
    [TestCase(1, 0, 2, 0, false)]
    [TestCase(0, 1, 2, 0, false)]
    [TestCase(0, 0, 2, 1, false)]
    [TestCase(0, 0, 1, 0, true)]
    [TestCase(0, 0, 3, 0, true)]
    public async Task Completion_means_requests_of_which_every_one_is_completed(int pending, int processing, int completed, int failed, bool expected)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertVoicesAsync(video, pending, processing, completed, failed);
        var other = await Videos.CreateVideoAsync("Other", cancellationToken: Token);
        await InsertVoicesAsync(other, pending: expected ? 1 : 0, completed: expected ? 0 : 1);

        Assert.That(await Status.CheckVideoVoicesCompletionAsync(video, cancellationToken: Token), Is.EqualTo(expected));
    }

    [Test]
    public async Task An_unknown_video_and_a_request_with_a_null_status_are_not_complete()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertVoicesAsync(video, completed: 2);
        await SqlAsync("insert into voices (video_id, text_content, status) values (@video, 'Oi', null)", new { video });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Status.CheckVideoVoicesCompletionAsync(Guid.NewGuid(), cancellationToken: Token), Is.False);
            Assert.That(await Status.CheckVideoVoicesCompletionAsync(video, cancellationToken: Token), Is.False);
        }
    }

    [Test]
    public async Task The_queue_statistics_count_delays_and_expired_leases()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertVoicesAsync(video, pending: 5, processing: 4, completed: 6, failed: 7);

        // The oldest of all is delayed, and so is not the oldest that may start; the next oldest was delayed and is due.
        await SqlAsync(
            """
            update voices set created_at = now() - interval '3 hours', available_at = now() + interval '1 hour' where position in (0, 1);
            update voices set created_at = now() - interval '2 hours', available_at = now() - interval '1 second' where position = 2;
            update voices set created_at = now() - interval '9 hours' where status <> 'pending';
            update voices set lease_expires_at = now() - interval '1 second' where position in (5, 6, 7);
            update voices set lease_expires_at = now() + interval '1 hour' where position = 8;
            update voices set lease_expires_at = now() - interval '1 hour' where status in ('completed', 'failed');
            """);

        var statistics = await Status.GetQueueStatisticsAsync(cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            EveryProperty.IsSet(statistics);
            Assert.That(
                statistics with { OldestPendingAgeSeconds = null },
                Is.EqualTo(new QueueStatistics { PendingVoices = 5, DelayedVoices = 2, ProcessingVoices = 4, ExpiredLeases = 3 }));
            Assert.That(statistics.OldestPendingAge, Is.InRange(TimeSpan.FromHours(2), TimeSpan.FromHours(2.1)));
        }
    }

    [Test]
    public async Task A_processing_request_without_a_lease_has_no_expired_lease()
    {
        await InsertVoicesAsync(await Videos.CreateVideoAsync("Video", cancellationToken: Token), processing: 2);

        Assert.That(await Status.GetQueueStatisticsAsync(cancellationToken: Token), Is.EqualTo(new QueueStatistics { ProcessingVoices = 2 }));
    }

    [Test]
    public async Task An_empty_database_has_zeros_and_no_oldest_request()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Status.GetQueueStatisticsAsync(cancellationToken: Token), Is.EqualTo(new QueueStatistics()));
            Assert.That((await Status.GetQueueStatisticsAsync(cancellationToken: Token)).OldestPendingAge, Is.Null);
            Assert.That(await Status.GetTotalsAsync(cancellationToken: Token), Is.EqualTo(new Totals()));
        }
    }

    [Test]
    public async Task The_totals_count_every_row_by_its_state()
    {
        await SqlAsync(
            """
            insert into videos (status) select 'pending' from generate_series(1, 2);
            insert into videos (status) values (null);
            insert into videos (status) select 'processing' from generate_series(1, 4);
            insert into videos (status) select 'completed' from generate_series(1, 5);
            insert into videos (status) select 'failed' from generate_series(1, 6);
            """);
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertVoicesAsync(video, pending: 7, processing: 8, completed: 9, failed: 10);
        await SqlAsync("insert into voices (video_id, text_content, status) values (@video, 'Oi', null)", new { video });
        await SqlAsync("insert into videovoice_late_writes (day, writes) values ('2026-01-01', 20), ('2026-01-02', 21)");

        var totals = await Status.GetTotalsAsync(cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            EveryProperty.IsSet(totals);
            Assert.That(totals, Is.EqualTo(new Totals
            {
                Videos = 19,
                PendingVideos = 4,
                ProcessingVideos = 4,
                CompletedVideos = 5,
                FailedVideos = 6,
                Voices = 35,
                PendingVoices = 8,
                ProcessingVoices = 8,
                CompletedVoices = 9,
                FailedVoices = 10,
                LateWrites = 41,
            }));
        }
    }

    private Task<int> InsertVoicesAsync(Guid video, int pending = 0, int processing = 0, int completed = 0, int failed = 0) => SqlAsync(
        """
        insert into voices (video_id, text_content, position, status)
        select @video, 'Oi', row_number() over (order by s.status) - 1, s.status
        from (values ('pending'::voice_status, @pending), ('processing', @processing), ('completed', @completed), ('failed', @failed)) s (status, count),
            generate_series(1, s.count)
        """,
        new { video, pending, processing, completed, failed });
}
