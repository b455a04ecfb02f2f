using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class FailureStreakTests
{
    private readonly LogCapture _log = new();
    private readonly WorkerHealth _health = new();
    private readonly FakeTimeProvider _time = new();

    [Test]
    public void A_request_that_fails_again_and_again_is_one()
    {
        var streak = Streak();
        var request = Guid.NewGuid();

        for (var i = 0; i < 10; i++)
            streak.Failed(request, new IOException("No such voice."));

        Assert.That((streak.IsPaused, _health.Problems.Count, _log.Entries.Count), Is.EqualTo((false, 0, 0)));
    }

    [Test]
    public void A_success_between_them_begins_the_count_anew()
    {
        var streak = Streak();
        for (var i = 0; i < 10; i++)
        {
            streak.Failed(Guid.NewGuid(), new IOException("No space left on device."));
            streak.Succeeded();
        }

        Assert.That((streak.IsPaused, _log.Entries.Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task Different_requests_pause_it_and_a_success_ends_the_pause_for_who_waits()
    {
        var streak = Streak();
        for (var i = 0; i < 2; i++)
            streak.Failed(Guid.NewGuid(), new IOException("No space left on device."));
        var waiting = streak.WaitAsync(CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(streak.IsPaused, Is.True);
            Assert.That(waiting.IsCompleted, Is.False);
            Assert.That(_health.Problems.Single(), Does.StartWith("Worker w pauses for 01:00:00: 2 different requests have failed in a row").And.EndsWith("No space left on device."));
            Assert.That(_log.Entries.Select(e => (e.Event.Id, e.Level)), Is.EqualTo(new[] { (118, LogLevel.Error) }));
        }

        streak.Succeeded();
        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That((streak.IsPaused, _health.Problems.Count, _log.Entries[^1].Event.Id), Is.EqualTo((false, 0, 119)));
    }

    [Test]
    public async Task After_the_pause_one_request_is_tried_and_its_failure_doubles_the_pause()
    {
        var streak = Streak();
        for (var i = 0; i < 2; i++)
            streak.Failed(Guid.NewGuid(), new IOException("No space left on device."));

        foreach (var hours in new[] { 1, 2, 4 })
        {
            var first = streak.WaitAsync(CancellationToken.None);
            _time.Advance(TimeSpan.FromHours(hours) - TimeSpan.FromSeconds(1));
            Assert.That(first.IsCompleted, Is.False);

            _time.Advance(TimeSpan.FromSeconds(1));
            await first.WaitAsync(TimeSpan.FromSeconds(20));
            using (var second = new CancellationTokenSource())
            {
                var waiting = streak.WaitAsync(second.Token);
                Assert.That(waiting.IsCompleted, Is.False, "One at a time.");
                await second.CancelAsync();
                await Assert.CatchAsync<OperationCanceledException>(() => waiting);
            }

            streak.Failed(Guid.NewGuid(), new IOException("No space left on device."));
        }

        Assert.That(_health.Problems.Single(), Does.StartWith("Worker w pauses for 08:00:00: 5 different requests"));
    }

    private FailureStreak Streak() => new(
        new VoiceWorkerOptions { WorkerId = "w", FailuresBeforePause = 2, FailurePause = TimeSpan.FromHours(1) }, _health, _time, _log.CreateLogger("worker"));
}
