using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Notifications;

[CancelAfter(60_000)]
public sealed class NotifierTests : DatabaseTest
{
    [Test]
    public async Task What_waits_to_be_told_does_not_grow_without_end()
    {
        var database = new Database(DataSource);
        await using (var held = await HeldLock.TakeAsync(DataSource, "lock table videovoice_listeners"))
        {
            await database.Notifier.NotifyAsync(1, [Guid.NewGuid()], [], null, Token);
            await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);

            for (var i = 0; i < 30; i++)
                await database.Notifier.NotifyAsync(1, [.. Enumerable.Range(0, 1_000).Select(_ => Guid.NewGuid())], [Guid.NewGuid()], null, Token);

            Assert.That(database.Notifier.Waiting, Is.EqualTo(Notifier.MaxWaiting + 30));
            await held.CommitAsync();
        }

        await database.Notifier.DisposeAsync();
        Assert.That(database.Notifier.Waiting, Is.Zero);
    }
}
