using NUnit.Framework;
using VideoVoice.Data.Voices;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>Where the next claim of a worker with loaded voices starts: a place behind a request that waits would leave it out.</summary>
public sealed class QueueHeadTests : UnorderedTest
{
    [Test]
    public async Task It_is_the_first_that_waits_at_the_cursor_or_behind()
    {
        var video = await CreateVideoAsync();
        await QueueAsync(video, "third", 3);
        var second = await QueueAsync(video, "second", 2);
        var first = await QueueAsync(video, "first", 1);
        var urgent = await QueueAsync(video, "urgent", 9, priority: 1);

        Assert.That(await HeadAsync(ClaimCursor.Place.First), Is.EqualTo(urgent));
        Assert.That(await HeadAsync(await PlaceAsync(urgent)), Is.EqualTo(urgent));
        await SqlAsync("update voices set available_at = now() - interval '1 minute' where text_content = 'urgent'");
        Assert.That(await HeadAsync(ClaimCursor.Place.First), Is.EqualTo(first));
        await SqlAsync("update voices set status = 'processing' where text_content = 'first'");
        Assert.That(await HeadAsync(ClaimCursor.Place.First), Is.EqualTo(second));
        Assert.That(await HeadAsync(await PlaceAsync(first)), Is.EqualTo(second));
        Assert.That(await HeadAsync((await PlaceAsync(first)) with { CursorQueued = DateTimeOffset.UtcNow }), Is.Null);
    }

    [Test]
    public async Task A_time_that_a_date_cannot_hold_is_none()
    {
        var video = await CreateVideoAsync();
        await QueueAsync(video, "never", 1);
        await SqlAsync("update voices set queue_at = 'infinity'");

        Assert.That(await HeadAsync(ClaimCursor.Place.First), Is.Null);
    }

    private async Task<Guid?> HeadAsync(ClaimCursor.Place cursor) =>
        (await Unordered.SingleOrDefaultAsync<ClaimCursor.Place>("queue/get_head", cursor, null, Token))?.CursorId;

    private async Task<ClaimCursor.Place> PlaceAsync(Guid id) => new()
    {
        CursorPriority = await ScalarAsync<int>("select -priority from voices where id = @id", new { id }),
        CursorQueued = await ScalarAsync<DateTime>("select queue_at from voices where id = @id", new { id }),
        CursorId = id,
    };
}
