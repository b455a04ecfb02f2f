using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;

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
}
