using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

/// <summary>list_videos, list_videos_by_status and, in the same order, list_video_processing_status.</summary>
public sealed class ListVideosTests : DatabaseTest
{
    private const string Newest = "insert into videos (title, created_at, status) values ('newest', now(), 'failed')";

    [TestCase("videos")]
    [TestCase("by status")]
    [TestCase("processing status")]
    public async Task Pages_walk_all_rows_once_newest_first(string list)
    {
        var expected = await InsertWithTiesAsync();

        var walked = new List<Guid>();
        PageCursor? after = null;
        while (walked.Count <= expected.Length)
        {
            var page = await PageAsync(list, after, 4);
            Assert.That(page, Has.Count.LessThanOrEqualTo(4));
            if (page.Count == 0)
                break;

            walked.AddRange(page.Select(cursor => cursor.Id));
            after = page[^1];

            // A row that is newer than the page moves nothing; its place is before the cursor.
            await SqlAsync(Newest);
        }

        Assert.That(walked, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_row_inserted_behind_the_cursor_between_pages_is_walked()
    {
        var expected = await InsertWithTiesAsync();
        var first = await Videos.ListVideosAsync(limit: 5, cancellationToken: Token);
        var older = await ScalarAsync<Guid>("insert into videos (title, created_at) values ('older', '2023-01-01Z') returning id");

        var rest = await Videos.ListVideosAsync(first[^1].Cursor, cancellationToken: Token);

        Assert.That(first.Concat(rest).Select(v => v.Id), Is.EqualTo(expected.Append(older)));
    }

    [TestCase(1)]
    [TestCase(19)]
    [TestCase(20)]
    [TestCase(10_000)]
    public async Task The_limit_is_the_most_rows(int limit)
    {
        await InsertWithTiesAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Videos.ListVideosAsync(limit: limit, cancellationToken: Token), Has.Count.EqualTo(Math.Min(limit, 20)));
            Assert.That(await Videos.ListVideosByStatusAsync(VideoStatus.Failed, limit: limit, cancellationToken: Token), Has.Count.EqualTo(Math.Min(limit, 20)));
            Assert.That(await Status.ListVideoProcessingStatusAsync(limit: limit, cancellationToken: Token), Has.Count.EqualTo(Math.Min(limit, 20)));
        }
    }

    [Test]
    public async Task A_cursor_in_another_offset_is_the_same_place()
    {
        await InsertWithTiesAsync();
        var cursor = (await Videos.ListVideosAsync(limit: 7, cancellationToken: Token))[^1].Cursor;

        var moved = await Videos.ListVideosAsync(cursor with { CreatedAt = cursor.CreatedAt.ToOffset(TimeSpan.FromHours(-3)) }, cancellationToken: Token);

        Assert.That(moved.Select(v => v.Id), Is.EqualTo((await Videos.ListVideosAsync(cursor, cancellationToken: Token)).Select(v => v.Id)).And.Exactly(13).Items);
    }

    [TestCase(VideoStatus.Pending)]
    [TestCase(VideoStatus.Processing)]
    [TestCase(VideoStatus.Completed)]
    [TestCase(VideoStatus.Failed)]
    public async Task By_status_gives_the_videos_of_that_state_only(VideoStatus status)
    {
        await SqlAsync("insert into videos (title, status) select s::text, s from unnest(enum_range(null::video_status)) s, generate_series(1, 2)");

        var videos = await Videos.ListVideosByStatusAsync(status, cancellationToken: Token);

        Assert.That(videos.Select(v => (v.Title, v.Status)), Is.EqualTo(Enumerable.Repeat((status.ToString().ToLowerInvariant(), status), 2)));
    }

    [Test]
    public async Task An_empty_table_gives_an_empty_list()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Videos.ListVideosAsync(cancellationToken: Token), Is.Empty);
            Assert.That(await Videos.ListVideosByStatusAsync(VideoStatus.Pending, cancellationToken: Token), Is.Empty);
            Assert.That(await Status.ListVideoProcessingStatusAsync(cancellationToken: Token), Is.Empty);
        }
    }

    private async Task<IReadOnlyList<PageCursor>> PageAsync(string list, PageCursor? after, int limit) => list switch
    {
        "videos" => [.. (await Videos.ListVideosAsync(after, limit, cancellationToken: Token)).Select(v => v.Cursor)],
        "by status" => [.. (await Videos.ListVideosByStatusAsync(VideoStatus.Failed, after, limit, cancellationToken: Token)).Select(v => v.Cursor)],
        _ => [.. (await Status.ListVideoProcessingStatusAsync(after, limit, cancellationToken: Token)).Select(v => v.Cursor)],
    };

    /// <summary>Twenty failed videos, of which groups of six share one created_at, so that pages of four end within a group.</summary>
    private Task<Guid[]> InsertWithTiesAsync() => ScalarAsync<Guid[]>(
        """
        with inserted as (
            insert into videos (title, status, created_at)
            select 'Video ' || i, 'failed', '2024-01-01Z'::timestamptz + i / 6 * interval '1 microsecond'
            from generate_series(1, 20) i
            returning id, created_at
        )
        select array_agg(id order by created_at desc, id desc) from inserted
        """);
}
