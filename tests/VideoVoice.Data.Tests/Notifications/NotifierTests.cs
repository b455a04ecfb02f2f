using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Notifications;

[CancelAfter(60_000)]
public sealed class NotifierTests : DatabaseTest
{
    [Test]
    public async Task What_waits_to_be_told_does_not_grow_without_end()
    {
        var notifier = new Notifier(new Database(DataSource), enabled: true, logger: null);
        await using (var held = await HeldLock.TakeAsync(DataSource, "lock table videovoice_listeners"))
        {
            await notifier.NotifyAsync(1, [Guid.NewGuid()], [], null, Token);
            await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);

            for (var i = 0; i < 30; i++)
                await notifier.NotifyAsync(1, [.. Enumerable.Range(0, 1_000).Select(_ => Guid.NewGuid())], [Guid.NewGuid()], null, Token);

            Assert.That(notifier.Waiting, Is.EqualTo(Notifier.MaxWaiting + 30));
            await held.CommitAsync();
        }

        await notifier.DisposeAsync();
        Assert.That(notifier.Waiting, Is.Zero);
    }

    [Test]
    public async Task After_a_notification_that_failed_the_next_is_sent()
    {
        using var log = new LogCapture();
        await using var notifier = new Notifier(new Database(DataSource), enabled: true, log.CreateLogger(""));
        await SqlAsync("alter table videovoice_listeners rename to elsewhere");
        await notifier.NotifyAsync(1, [], [], null, Token);
        Assert.That(await Eventually.HoldsAsync(() => log.Entries.Any(), TimeSpan.FromSeconds(20)), Is.True);

        await SqlAsync("alter table elsewhere rename to videovoice_listeners; insert into videovoice_listeners (channel, waits_for, expires_at) values ('a', 'work', now() + interval '1 hour')");
        await notifier.NotifyAsync(1, [], [], null, Token);

        // Who is woken is registered no more.
        while (await ScalarAsync<long>("select count(*) from videovoice_listeners") > 0)
            await Task.Delay(20, Token);
        Assert.That(log.Entries, Has.Count.EqualTo(1));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task A_disposal_sends_what_is_queued_without_a_pause_also_where_a_test_stops_the_clock()
    {
        var notifier = new Notifier(new Database(DataSource, time: new FakeTimeProvider()), enabled: true, logger: null);
        await notifier.NotifyAsync(1, [Guid.NewGuid()], [], null, Token);
        Assert.That(await Eventually.HoldsAsync(() => notifier.Waiting == 0, TimeSpan.FromSeconds(10)), Is.True);

        // In the pause, which does not end by itself here.
        await notifier.NotifyAsync(1, [Guid.NewGuid()], [], null, Token);
        Assert.That(notifier.Waiting, Is.EqualTo(1));
        await notifier.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.That(notifier.Waiting, Is.Zero);
    }
}
