using NUnit.Framework;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>No wait outlives what would end it.</summary>
public sealed class DisposalTests : WaitingTest
{
    [Test]
    public async Task Disposal_ends_every_wait([Values] bool notifications)
    {
        var video = await CreateQuietlyAsync();
        await ClaimOneAsync();
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1), Notifications = notifications });
        var states = manager.WatchAsync(video, Token).GetAsyncEnumerator(Token);
        await states.MoveNextAsync();
        Task[] waits = [manager.WaitForWorkAsync(Token), manager.WaitForVoicesAsync(video, cancellationToken: Token), states.MoveNextAsync().AsTask()];
        if (notifications)
            await RegisteredAsync("voices");

        await manager.DisposeAsync();

        foreach (var wait in waits)
            Assert.That(async () => await InTimeAsync(wait), Throws.InstanceOf<ObjectDisposedException>());
        await states.DisposeAsync();
    }

    [Test]
    public async Task A_disposal_in_the_middle_of_a_look_is_no_failed_look()
    {
        var video = await CreateQuietlyAsync();
        await using var held = await HeldLock.TakeAsync(DataSource, "lock table voices in access exclusive mode");
        var manager = Manager();
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await held.UntilWaitedForAsync(waiting, Token);

        await manager.DisposeAsync();

        Assert.That(async () => await InTimeAsync(waiting), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(Log.Entries.Where(e => e.Event.Id is 11 or 12), Is.Empty);
    }

    [Test]
    public async Task A_disposed_manager_refuses_to_wait_and_can_be_disposed_again()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager();
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await manager.DisposeAsync();
        await manager.DisposeAsync();

        Assert.That(async () => await InTimeAsync(waiting), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await InTimeAsync(manager.WaitForWorkAsync(Token)), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await InTimeAsync(manager.WaitForVoicesAsync(video, cancellationToken: Token)), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_data_source_that_is_disposed_of_first_ends_the_waits_and_the_disposal_does_not_throw()
    {
        await using var dataSource = NamedDataSource("waiter");
        var manager = Manager(dataSource: dataSource);
        var waiting = manager.WaitForWorkAsync(Token);
        await AsleepAsync();

        await dataSource.DisposeAsync();
        await SqlAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waiter' and datname = current_database()");

        Assert.That(async () => await InTimeAsync(waiting), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await manager.DisposeAsync(), Throws.Nothing);
    }
}
