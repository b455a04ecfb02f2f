using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using VideoVoice.Data.Notifications;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>A long video is expensive to look at, so it rests after each look; a short one does not.</summary>
public sealed class WaiterSetTests
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly Guid _video = Guid.NewGuid();

    [Test]
    public void A_long_video_is_looked_at_again_only_after_a_rest_in_proportion_to_its_requests()
    {
        var waiters = Looked(20_000);

        waiters.Moved($"{_video}");
        var work = waiters.Take(s_poll);
        Assert.That((work.VideoIds, work.Pause), Is.EqualTo((Array.Empty<Guid>(), TimeSpan.FromMilliseconds(100))));

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.That(waiters.Take(s_poll).VideoIds, Is.EqualTo(new[] { _video }), "The notification is not forgotten.");
    }

    [Test]
    public void A_short_video_is_looked_at_at_once()
    {
        var waiters = Looked(10);

        waiters.Moved($"{_video}");

        Assert.That(waiters.Take(s_poll).VideoIds, Is.EqualTo(new[] { _video }));
    }

    [Test]
    public void The_poll_does_not_wait_for_a_rest()
    {
        var waiters = Looked(1_000_000);

        _time.Advance(s_poll - TimeSpan.FromMilliseconds(1));
        waiters.Moved($"{_video}");
        Assert.That(waiters.Take(s_poll) is { VideoIds: [], Pause.TotalMilliseconds: 1 }, Is.True);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(waiters.Take(s_poll).VideoIds, Is.EqualTo(new[] { _video }));
    }

    /// <summary>Somebody waits for the video, which a look has found with so many requests.</summary>
    private WaiterSet Looked(int requests)
    {
        var waiters = new WaiterSet(_time);
        waiters.Add(_video);
        waiters.Take(s_poll);
        waiters.Offer([_video], new() { [_video] = new VideoProcessingStatus { VideoId = _video, TotalVoices = requests } });
        return waiters;
    }
}
