using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>The one connection of a process that waits.</summary>
public sealed class ListenerTests : WaitingTest
{
    private const string Connections = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'waiter'";

    [Test]
    public async Task What_changed_while_the_connection_was_cut_is_seen_when_it_is_back()
    {
        var video = await CreateQuietlyAsync();
        await ClaimOneAsync();
        var manager = Manager(dataSource: NamedDataSource("waiter"));
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        var sleeping = manager.WaitForWorkAsync(Token);
        await RegisteredAsync("voices");
        await AsleepAsync();
        var database = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = "postgres", Pooling = false };
        await using var admin = new NpgsqlConnection(database.ConnectionString);
        await admin.OpenAsync(Token);
        await using var connection = await DataSource.OpenConnectionAsync(Token);

        // Nobody can connect, so the listener cannot be back before the change.
        await admin.ExecuteAsync($"alter database \"{connection.Database}\" allow_connections false");
        await connection.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waiter' and datname = current_database()");
        await connection.ExecuteAsync("insert into voices (video_id, character_name, text_content) select id, 'Aluno', 'python' from videos");
        await connection.ExecuteAsync("update voices set status = 'completed' where text_content = 'one'");
        Assert.That((waiting.IsCompleted, sleeping.IsCompleted), Is.EqualTo((false, false)));
        await admin.ExecuteAsync($"alter database \"{connection.Database}\" allow_connections true");

        await InTimeAsync(sleeping);
        await UntilAsync(() => manager.IsAsleep);
        await connection.ExecuteAsync("update voices set status = 'completed'");
        await manager.CompleteVoiceProcessingAsync(Guid.NewGuid(), "/x.wav", cancellationToken: Token);
        Assert.That(waiting.IsCompleted, Is.False);

        // And it listens again.
        await Videos.CancelVideoAsync(video, cancellationToken: Token);
        Assert.That((await InTimeAsync(waiting))!.Status.CompletedVoices, Is.EqualTo(2));
    }

    [Test]
    public async Task A_connection_that_is_cut_again_and_again_ends_no_wait()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        var waiting = Manager(dataSource: NamedDataSource("waiter")).WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");
        for (var i = 0; i < 5; i++)
        {
            await EventuallyAsync("select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity where application_name = 'waiter' and datname = current_database()");
            await Task.Delay(Random.Shared.Next(100), Token);
        }

        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_payload_that_is_not_the_library_s_is_ignored_and_counted()
    {
        var ignored = 0L;
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "videovoice.notifications.ignored")
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref ignored, count));
        meters.Start();
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        var waiting = Manager().WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");

        await SqlAsync("select pg_notify(channel, payload) from videovoice_listeners, unnest(array['no id', '', 'work,']) as payload");
        await UntilAsync(() => Volatile.Read(ref ignored) >= 3);

        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);
        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    /// <summary>One that looks and, with notifications, one that listens; the registration is the second statement.</summary>
    [TestCase(true, 2)]
    [TestCase(false, 1)]
    public async Task Ten_thousand_waits_take_one_connection_to_look_and_one_query_an_interval(bool notifications, int statementsAnInterval)
    {
        await SqlAsync("insert into videos (title) select 'Video' from generate_series(1, 10000)");
        await SqlAsync("insert into voices (video_id, character_name, text_content) select id, 'Aluno', 'one' from videos");
        using var statements = new StatementCounter();
        var connectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = "waiter", MaxPoolSize = 5, MaxAutoPrepare = 50 };
        await using var dataSource = new NpgsqlDataSourceBuilder(connectionString.ConnectionString).UseLoggerFactory(statements).Build();
        await using var manager = new VoiceManager(dataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromSeconds(1), Notifications = notifications });
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        var ids = (await connection.QueryAsync<Guid>("select id from videos")).AsList();

        var watches = ids.Select(id => manager.WatchAsync(id, Token).GetAsyncEnumerator(Token)).ToArray();
        Assert.That(await Task.WhenAll(watches.Select(w => w.MoveNextAsync().AsTask())), Has.All.True);
        var waits = watches.Select(w => w.MoveNextAsync().AsTask()).ToArray();

        Assert.That(await connection.ExecuteScalarAsync<long>(Connections), Is.LessThanOrEqualTo(notifications ? 2 : 1));
        if (notifications)
            await RegisteredAsync("voices");

        await Task.Delay(1_000, Token);
        var (before, from) = (statements.Count, Stopwatch.GetTimestamp());
        await Task.Delay(4_000, Token);
        var intervals = Stopwatch.GetElapsedTime(from).TotalSeconds;
        var listeners = await ScalarAsync<long>("select count(*) from videovoice_listeners");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(statements.Count - before, Is.InRange(1, statementsAnInterval * (intervals + 1)));
            Assert.That(await connection.ExecuteScalarAsync<long>(Connections), Is.LessThanOrEqualTo(notifications ? 2 : 1));
            Assert.That(waits.Count(w => w.IsCompleted), Is.Zero);
            Assert.That(listeners, Is.EqualTo(notifications ? 1 : 0));
        }

        await SqlAsync("update voices set status = 'completed'");
        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.That(watches.Count(w => w.Current.CompletedVoices == 1), Is.EqualTo(10_000));
        foreach (var watch in watches)
            await watch.DisposeAsync();
    }

    [Test]
    public async Task Disposal_takes_the_registration_away_and_leaves_no_LISTEN_on_a_pooled_connection()
    {
        var video = await CreateQuietlyAsync();
        await ClaimOneAsync();
        await using var dataSource = NamedDataSource("waiter", maxPoolSize: 2);
        await using var manager = Manager(dataSource: dataSource);
        var waits = new Task[] { manager.WaitForVoicesAsync(video, cancellationToken: Token), manager.WaitForWorkAsync(Token) };
        await RegisteredAsync("voices");
        await AsleepAsync();
        var processes = await ScalarAsync<int[]>("select array_agg(pid) from pg_stat_activity where application_name = 'waiter' and datname = current_database()");

        await manager.DisposeAsync();

        Assert.That(async () => await InTimeAsync(Task.WhenAll(waits)), Throws.InstanceOf<ObjectDisposedException>());
        await using var first = await dataSource.OpenConnectionAsync(Token);
        await using var second = await dataSource.OpenConnectionAsync(Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new[] { first.ProcessID, second.ProcessID }, Is.EquivalentTo(processes), "both went back to the pool");
            foreach (var connection in new[] { first, second })
                Assert.That(await connection.QueryAsync<string>("select pg_listening_channels()"), Is.Empty);
            Assert.That(await ScalarAsync<long>("select count(*) from videovoice_listeners"), Is.Zero);
        }
    }

    [Test]
    public async Task With_a_pool_of_one_connection_waiting_polls_and_says_so()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(30) }, NamedDataSource("waiter", maxPoolSize: 1));
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);

        await SqlAsync("update voices set status = 'completed'");

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        Assert.That(Log.Entries.Count(e => e.Event.Id == 13), Is.EqualTo(1));
    }

    [Test]
    public async Task Registrations_of_processes_that_died_go_away()
    {
        await SqlAsync("insert into videovoice_listeners values ('work', 'dead', now() - interval '1 minute'), ('work', 'alive', now() + interval '1 minute')");
        await using var manager = Manager();
        var waiting = manager.WaitForWorkAsync(Token);

        await EventuallyAsync("select count(*) = 2 and bool_and(channel <> 'dead') from videovoice_listeners");

        await manager.DisposeAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<ObjectDisposedException>());
    }

    private sealed class StatementCounter : ILoggerFactory, ILogger
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "CommandExecutionCompleted")
                Interlocked.Increment(ref _count);
        }

        public void Dispose()
        {
        }
    }
}
