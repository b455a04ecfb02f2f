using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class VideoOrderTests : UnorderedTest
{
    private static readonly string[] s_inOrder = ["0", "1", "2", "3", "4"];

    [Test]
    public async Task Videos_are_listed_newest_first_and_page_by_page()
    {
        foreach (var i in new[] { 3, 0, 4, 1, 2 })
            await SqlAsync("insert into videos (title, status, created_at) values (@title, 'completed', now() - interval '1 day' - make_interval(secs => @i))", new { title = $"{i}", i });

        var status = new StatusManager(Unordered.DataSource);
        var first = await UnorderedVideos.ListVideosAsync(limit: 2, cancellationToken: Token);
        var firstByStatus = await UnorderedVideos.ListVideosByStatusAsync(VideoStatus.Completed, limit: 2, cancellationToken: Token);
        var firstWithCounts = await status.ListVideoProcessingStatusAsync(limit: 2, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Concat(await UnorderedVideos.ListVideosAsync(first[^1].Cursor, cancellationToken: Token)).Select(v => v.Title), Is.EqualTo(s_inOrder));
            Assert.That(firstByStatus.Concat(await UnorderedVideos.ListVideosByStatusAsync(VideoStatus.Completed, firstByStatus[^1].Cursor, cancellationToken: Token)).Select(v => v.Title), Is.EqualTo(s_inOrder));
            Assert.That(firstWithCounts.Concat(await status.ListVideoProcessingStatusAsync(firstWithCounts[^1].Cursor, cancellationToken: Token)).Select(v => v.Title), Is.EqualTo(s_inOrder));
        }
    }

    [Test]
    public async Task Retention_goes_from_the_oldest_to_the_newest_and_skips_none()
    {
        foreach (var i in new[] { 3, 0, 4, 1, 2 })
            await SqlAsync("insert into videos (title, status, created_at, completed_at) values (@title, 'completed', now() - interval '10 days' + make_interval(secs => @i), now() - interval '5 days')", new { title = $"{i}", i });

        Assert.That(await UnorderedVideos.DeleteFinishedVideosAsync(TimeSpan.FromDays(1), batchSize: 2, Token), Is.EqualTo(5));
    }

    [Test]
    public async Task A_batch_of_retention_deletes_no_more_than_it_says_and_the_oldest()
    {
        foreach (var i in new[] { 3, 0, 4, 1, 2 })
            await SqlAsync("insert into videos (title, status, created_at, completed_at) values (@title, 'completed', now() - interval '10 days' + make_interval(secs => @i), now() - interval '5 days')", new { title = $"{i}", i });

        var deleted = await Unordered.ExecuteAsync(
            "videos/delete_finished_videos", new { olderThanSeconds = 86_400.0, batchSize = 2, afterCreatedAt = (DateTime?)null, afterId = (Guid?)null }, null, Token);

        Assert.That(deleted, Is.EqualTo(2));
        Assert.That((await Videos.ListVideosAsync(cancellationToken: Token)).Select(v => v.Title), Is.EqualTo(new[] { "4", "3", "2" }));
    }
}
