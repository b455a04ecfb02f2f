using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Notifications;

public sealed class WaitForWorkTests : WaitingTest
{
    [Test]
    public async Task It_ends_at_once_when_a_request_waits()
    {
        await CreateVideoAsync("one");

        await InTimeAsync(Manager().WaitForWorkAsync(Token));
    }

    [Test]
    public async Task A_new_request_wakes_a_sleeper([Values] bool inTransaction)
    {
        var sleeper = await SleepAsync();

        if (inTransaction)
        {
            await using var connection = await DataSource.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var video = await Videos.CreateVideoAsync("Video", transaction: transaction, cancellationToken: Token);
            await Voices.CreateVoiceRequestsAsync(video, [new("Aluno", "one")], transaction: transaction, cancellationToken: Token);
            Assert.That(await Task.WhenAny(sleeper, Task.Delay(200, Token)), Is.Not.SameAs(sleeper));
            await transaction.CommitAsync(Token);
        }
        else
        {
            await CreateVideoAsync("one");
        }

        await InTimeAsync(sleeper);
    }

    [Test]
    public async Task A_released_a_retried_and_a_requeued_request_wake_a_sleeper()
    {
        var video = await CreateQuietlyAsync();
        var fence = (await ClaimOneAsync()).Fence;
        var manager = Manager();

        var sleeper = await SleepAsync(manager);
        await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token);
        await InTimeAsync(sleeper);

        fence = (await ClaimOneAsync()).Fence;
        await Voices.FailVoiceProcessingAsync(fence, "broken", permanent: true, cancellationToken: Token);
        sleeper = await SleepAsync(manager);
        await Voices.RetryFailedVoicesAsync(video, cancellationToken: Token);
        await InTimeAsync(sleeper);

        await SqlAsync("update voices set status = 'processing', lease_expires_at = null, processing_started_at = now() - interval '1 hour'");
        sleeper = await SleepAsync(manager);
        await Voices.RequeueStuckVoicesAsync(TimeSpan.FromMinutes(1), cancellationToken: Token);
        await InTimeAsync(sleeper);
    }

    [Test]
    public async Task The_end_of_a_delay_wakes_a_sleeper()
    {
        await CreateQuietlyAsync();
        await SqlAsync("update voices set available_at = now() + interval '400 ms'");

        await InTimeAsync(Manager().WaitForWorkAsync(Token));

        Assert.That(await ClaimTextsAsync(1), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public async Task The_end_of_a_lease_wakes_a_sleeper()
    {
        await CreateQuietlyAsync();
        await Voices.ClaimVoicesAsync("died", 1, TimeSpan.FromMilliseconds(400), cancellationToken: Token);

        await InTimeAsync(Manager().WaitForWorkAsync(Token));

        Assert.That(await ClaimTextsAsync(1), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public async Task The_end_of_a_delay_is_met_however_it_falls()
    {
        await CreateQuietlyAsync();
        var manager = Manager();
        for (var i = 0; i < 100; i++)
        {
            await SqlAsync("update voices set available_at = clock_timestamp() + interval '1 ms' * (1 + 8 * random())");
            await InTimeAsync(manager.WaitForWorkAsync(Token));
        }
    }

    [Test]
    public async Task A_request_by_Python_is_seen_at_the_poll([Values] bool notifications)
    {
        var video = await CreateVideoAsync();
        var waiting = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(30), Notifications = notifications }).WaitForWorkAsync(Token);
        Assert.That(await Task.WhenAny(waiting, Task.Delay(300, Token)), Is.Not.SameAs(waiting));

        await QueueAsync(video, "python", 0);

        await InTimeAsync(waiting);
    }

    [Test]
    public async Task A_request_made_between_registration_and_look_is_seen()
    {
        var video = await CreateVideoAsync();
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("lock table videovoice_listeners", connection, transaction))
            await command.ExecuteNonQueryAsync(Token);
        var waiting = Manager().WaitForWorkAsync(Token);
        await EventuallyAsync("select exists (select from pg_locks where not granted and relation = 'videovoice_listeners'::regclass)");

        await QueueAsync(video, "one", 0);
        await transaction.CommitAsync(Token);

        await InTimeAsync(waiting);
    }

    [TestCase(1)]
    [TestCase(3)]
    public async Task Of_eight_sleeping_processes_as_many_wake_as_there_are_new_requests(int requests)
    {
        var sleepers = Enumerable.Range(0, 8).Select(_ => Manager().WaitForWorkAsync(Token)).ToArray();
        await AsleepAsync(8);

        await CreateVideoAsync([.. Enumerable.Range(0, requests).Select(i => $"{i}")]);

        HashSet<Task> asleep = [.. sleepers];
        for (var i = 0; i < requests; i++)
            asleep.Remove(await InTimeAsync(Task.WhenAny(asleep)));
        await Task.WhenAny([.. asleep, Task.Delay(300, Token)]);
        Assert.That(sleepers.Count(s => s.IsCompletedSuccessfully), Is.EqualTo(requests));
    }

    [Test]
    public async Task A_sleeper_that_is_cancelled_passes_its_wake_up_on()
    {
        for (var i = 0; i < 30; i++)
        {
            var (first, second) = (Manager(), Manager());
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var cancelled = first.WaitForWorkAsync(stop.Token);
            var waiting = second.WaitForWorkAsync(Token);
            await AsleepAsync(2);

            // In the same moment, so that the wake-up may meet the one that goes.
            var creating = Task.Run(() => CreateVideoAsync("one"), Token);
            var stopping = Task.Run(async () =>
            {
                await Task.Delay(i % 10, Token);
                await stop.CancelAsync();
            });
            await Task.WhenAll(creating, stopping);
            await cancelled.ContinueWith(_ => { }, TaskScheduler.Default);

            // One that was woken before it was cancelled has the request; any other wake-up belongs to the second.
            if (!cancelled.IsCompletedSuccessfully)
                await InTimeAsync(waiting);
            else if (!waiting.IsCompleted)
                await Task.WhenAll(CreateVideoAsync("another"), InTimeAsync(waiting));
            await SqlAsync("delete from voices");
            await first.DisposeAsync();
            await second.DisposeAsync();
        }
    }

    private async Task<Task> SleepAsync(VoiceManager? manager = null)
    {
        var sleeper = (manager ?? Manager()).WaitForWorkAsync(Token);
        await AsleepAsync();
        Assert.That(sleeper.IsCompleted, Is.False);
        return sleeper;
    }
}
