using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>What the look for work says of each state of the queue: a wrong answer wakes workers for nothing, again and again, or leaves them asleep.</summary>
public sealed class NextWorkTests : DatabaseTest
{
    private const string Waiting = "('pending', null, null)";
    private const string Delayed = "('pending', 60, null)";
    private const string DelayOver = "('pending', -60, null)";
    private const string Leased = "('processing', null, 30)";
    private const string Lapsed = "('processing', null, -30)";
    private const string StartedWithoutLease = "('processing', null, null)";

    // What no statement leaves behind, but others may.
    private const string CompletedWithRemains = "('completed', 10, 10)";
    private const string FailedWithRemains = "('failed', -10, -10)";

    /// <summary>Two rows of each state: a statement that takes the first must not fail at a second.</summary>
    [TestCase(null, StartedWithoutLease, CompletedWithRemains, FailedWithRemains)]
    [TestCase(0.0, Waiting)]
    [TestCase(0.0, Waiting, Delayed, Lapsed, FailedWithRemains)]
    [TestCase(60.0, Delayed, CompletedWithRemains, FailedWithRemains)]
    [TestCase(-60.0, DelayOver, Delayed)]
    [TestCase(30.0, Leased, Delayed, CompletedWithRemains)]
    [TestCase(-30.0, Lapsed, Leased, Delayed)]
    [TestCase(-60.0, DelayOver, Lapsed)]
    public async Task It_is_the_time_until_a_claim_can_find_something(double? expected, params string[] states)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertAsync(video, states);

        Assert.That(await NextWorkAsync(), expected is { } seconds ? Is.EqualTo(seconds).Within(seconds == 0 ? 0 : 20) : Is.Null);
    }

    [Test]
    public async Task Without_a_request_there_is_none() => Assert.That(await NextWorkAsync(), Is.Null);

    [Test]
    public async Task What_waits_before_the_cursor_is_found_too()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await InsertAsync(video, [Waiting]);

        Assert.That(await NextWorkAsync(cursorPriority: 0, cursorQueued: DateTime.UtcNow.AddDays(1)), Is.Zero);
        await SqlAsync("update voices set available_at = now() + interval '1 minute'");
        Assert.That(await NextWorkAsync(cursorPriority: 0, cursorQueued: DateTime.UtcNow.AddDays(1)), Is.EqualTo(60).Within(20));
        await SqlAsync("update voices set status = 'completed'");
        Assert.That(await NextWorkAsync(cursorPriority: 0, cursorQueued: DateTime.UtcNow.AddDays(1)), Is.Null);
        await SqlAsync("update voices set available_at = null");
        Assert.That(await NextWorkAsync(cursorPriority: 0, cursorQueued: DateTime.UtcNow.AddDays(1)), Is.Null);
    }

    private Task<double?> NextWorkAsync(int cursorPriority = int.MinValue, DateTime? cursorQueued = null) => new Database(DataSource).ScalarAsync<double?>(
        "notifications/get_next_work",
        new { cursorPriority, cursorQueued = cursorQueued ?? DateTime.UnixEpoch, cursorId = Guid.Empty },
        null,
        Token);

    private async Task InsertAsync(Guid video, string[] states)
    {
        foreach (var state in states)
        {
            await SqlAsync(
                $"""
                insert into voices (video_id, character_name, text_content, status, available_at, lease_expires_at)
                select @video, 'Ana', 'Oi', s.status::voice_status, now() + make_interval(secs => s.delay), now() + make_interval(secs => s.lease)
                from (values {state}, {state}) as s (status, delay, lease)
                """.Replace("null", "null::float8", StringComparison.Ordinal),
                new { video });
        }
    }
}
