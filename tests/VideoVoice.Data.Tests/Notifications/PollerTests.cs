using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>A wait ends by polling, whatever else fails, and when it is cancelled.</summary>
[CancelAfter(120_000)]
public sealed class PollerTests : WaitingTest
{
    /// <summary>Far more than the second that is promised, because the machine may be busy, and far less than the poll interval of these tests.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);

    // After faults of half a minute a look must not go on for much longer than 5 s; one that always takes longer must get its time at last.
    [TestCase(0, 5)]
    [TestCase(20, 5)]
    [TestCase(43, 10.75)]
    [TestCase(240, 60)]
    [TestCase(36_000, 60)]
    public void The_limit_of_a_look_is_a_quarter_of_the_time_for_which_looks_have_failed(int failing, double limit) =>
        Assert.That(Poller.LimitAfter(TimeSpan.FromSeconds(failing)).TotalSeconds, Is.EqualTo(limit));

    [TestCase("drop table videovoice_listeners")]
    [TestCase("alter table videovoice_listeners rename column channel to elsewhere")]
    public async Task Without_a_registration_waiting_polls_and_says_so_once(string sql)
    {
        var video = await CreateVideoAsync("one");
        await SqlAsync(sql);
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(50) });
        var (waiting, sleeping) = (manager.WaitForVoicesAsync(video, cancellationToken: Token), manager.WaitForWorkAsync(Token));
        await InTimeAsync(sleeping);
        await UntilAsync(() => Log.Entries.Any(e => e.Event.Id == 10));

        await SqlAsync("update voices set status = 'completed'");

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        Assert.That(Log.Entries.Count(e => e.Event.Id == 10), Is.EqualTo(1));
    }

    [Test]
    public async Task A_role_without_the_right_to_register_waits_all_the_same()
    {
        var video = await CreateVideoAsync("one");
        var role = $"waiter_{Guid.NewGuid():N}";
        var connectionString = new NpgsqlConnectionStringBuilder(ConnectionString);
        await SqlAsync($"create role {role} login password 'waiter'; grant select on videos, voices, voice_mappings, settings to {role}");
        try
        {
            (connectionString.Username, connectionString.Password) = (role, "waiter");
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            await using var manager = new VoiceManager(dataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(50) });
            var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);

            await SqlAsync("update voices set status = 'completed'");

            Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        }
        finally
        {
            await SqlAsync($"drop owned by {role}; drop role {role}");
        }
    }

    [Test]
    public async Task A_session_that_may_only_read_waits_all_the_same()
    {
        var video = await CreateVideoAsync("one");
        var readOnly = new NpgsqlConnectionStringBuilder(ConnectionString) { Options = "-c default_transaction_read_only=on" };
        await using var dataSource = NpgsqlDataSource.Create(readOnly);
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(50) }, dataSource);
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await UntilAsync(() => Log.Entries.Any(e => e.Event.Id == 10));

        await SqlAsync("update voices set status = 'completed'");

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    /// <summary>A refused registration is tried again after a minute, which is longer than this test waits.</summary>
    [Test]
    public async Task A_registration_that_takes_too_long_is_tried_again_within_seconds()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager();
        Task<VoicesResult?> waiting;
        await using (await HeldLock.TakeAsync(DataSource, "lock table videovoice_listeners in exclusive mode"))
        {
            waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
            await UntilAsync(() => Log.Entries.Any(e => e.Event.Id == 10));
        }

        await RegisteredAsync("voices");
        await Videos.CancelVideoAsync(video, cancellationToken: Token);
        Assert.That((await InTimeAsync(waiting))!.Status.FailedVoices, Is.EqualTo(1));
    }

    [Test]
    public async Task A_wait_on_a_database_without_the_schema_is_told_and_the_loop_goes_on()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(50) });
        await SqlAsync("alter table voices rename to elsewhere");

        Assert.That(async () => await InTimeAsync(manager.WaitForVoicesAsync(video, cancellationToken: Token)), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("42P01"));
        Assert.That(async () => await InTimeAsync(manager.WaitForWorkAsync(Token)), Throws.InstanceOf<PostgresException>());

        await SqlAsync("alter table elsewhere rename to voices");
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await UntilAsync(() => manager.IsAsleep);
        await SqlAsync("alter table voices rename to elsewhere");
        await UntilAsync(() => Log.Entries.Count(e => e.Event.Id is 11 or 12) >= 4);
        Assert.That(Log.Entries.Count(e => e.Event.Id is 11), Is.EqualTo(2), "A warning for each series of failures");
        Assert.That(waiting.IsCompleted, Is.False, "Who has seen a state goes on");
        await SqlAsync("alter table elsewhere rename to voices; update voices set status = 'completed'");
        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_look_and_a_listening_connection_that_are_cut_at_any_byte_end_no_wait()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await using var proxy = Proxy();
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(20) }, ThroughProxy(proxy));
        var (waiting, sleeping) = (manager.WaitForVoicesAsync(video, cancellationToken: Token), manager.WaitForWorkAsync(Token));
        for (var bytes = 0; bytes < 600; bytes += 20)
        {
            proxy.CutAnswerAfter(bytes);
            await Task.Delay(40, Token);
        }

        Assert.That((waiting.IsCompleted, sleeping.IsCompleted), Is.EqualTo((false, false)));
        proxy.CutAnswerAfter(null);
        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);
        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);

        await CreateVideoAsync("two");
        await InTimeAsync(sleeping);
    }

    [Test]
    public async Task A_wait_that_begins_while_the_database_is_away_waits()
    {
        var video = await CreateVideoAsync("one");
        await SqlAsync("update voices set status = 'completed'");
        await using var proxy = Proxy();
        await proxy.CutAsync();
        var manager = Manager(dataSource: ThroughProxy(proxy));
        var (waiting, watching) = (manager.WaitForVoicesAsync(video, cancellationToken: Token), manager.WatchAsync(video, Token).GetAsyncEnumerator(Token));
        var next = watching.MoveNextAsync().AsTask();
        await UntilAsync(() => Log.Entries.Any(e => e.Event.Id == 12));

        proxy.Restore();

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        Assert.That(await InTimeAsync(next), Is.True);
        await watching.DisposeAsync();
        Assert.That(Log.Entries.Count(e => e.Level >= LogLevel.Warning), Is.EqualTo(2), "once that it is away, once that it is back");
    }

    [Test]
    public async Task A_thousand_waits_at_once_take_two_connections()
    {
        await SqlAsync("insert into videos (title) select 'Video' from generate_series(1, 1000)");
        await SqlAsync("insert into voices (video_id, character_name, text_content, status, output_audio_path) select id, 'Aluno', 'one', 'completed', '/' || id from videos");
        var ids = await ScalarAsync<Guid[]>("select array_agg(id) from videos");
        var dataSource = NamedDataSource("waiter", maxPoolSize: 50);
        var manager = Manager(dataSource: dataSource);
        var most = 0L;

        var waits = Task.WhenAll(ids.Select(id => manager.WaitForVoicesAsync(id, cancellationToken: Token)));
        while (!waits.IsCompleted)
            most = Math.Max(most, await ScalarAsync<long>("select count(*) from pg_stat_activity where application_name = 'waiter' and datname = current_database()"));

        Assert.That((await waits).Select(r => r!.Audio.Single().OutputAudioPath), Is.EqualTo(ids.Select(id => $"/{id}")));
        Assert.That(most, Is.InRange(0, 2));
    }

    [Test]
    public async Task With_a_WaitAsync_that_never_returns_a_new_waiter_a_cancel_and_a_stop_are_served_in_time()
    {
        var video = await CreateVideoAsync("one");
        var stuck = new TaskCompletionSource<bool>();
        var calls = 0;
        var manager = new VoiceManager(new Database(DataSource), Hourly, notifier: null, new Logger<VoiceManager>(Log), (_, _, _) =>
        {
            Interlocked.Increment(ref calls);
            return stuck.Task;
        });
        using var cancellation = new CancellationTokenSource();
        var cancelled = manager.WaitForVoicesAsync(video, cancellationToken: cancellation.Token);
        await UntilAsync(() => manager.IsAsleep && Volatile.Read(ref calls) > 0);

        var started = Stopwatch.GetTimestamp();
        Assert.That(await manager.WaitForVoicesAsync(Guid.NewGuid(), cancellationToken: Token).WaitAsync(s_bound, Token), Is.Null, "a new waiter is looked for");
        await manager.WaitForWorkAsync(Token).WaitAsync(s_bound, Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await cancelled.WaitAsync(s_bound, Token), Throws.InstanceOf<OperationCanceledException>());
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await manager.DisposeAsync().AsTask().WaitAsync(s_bound, Token);
        Assert.That(async () => await waiting.WaitAsync(s_bound, Token), Throws.InstanceOf<ObjectDisposedException>());
        TestContext.Out.WriteLine($"All of it took {Stopwatch.GetElapsedTime(started)}.");
    }

    [Test]
    public async Task A_peer_that_is_gone_without_a_word_delays_a_wait_and_does_not_end_it()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await using var proxy = Proxy();
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(200) }, ThroughProxy(proxy));
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");

        proxy.Silence();
        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);

        // A look may take 5 s, the next goes over a connection of its own; without a limit it would be 32 s.
        Assert.That((await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token))!.AllCompleted, Is.True);
    }

    [Test]
    public async Task Disposal_ends_in_time_when_all_peers_are_gone_without_a_word()
    {
        var video = await CreateVideoAsync("one");
        await using var proxy = Proxy();
        var manager = Manager(dataSource: ThroughProxy(proxy));
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");
        await UntilAsync(() => manager.IsAsleep);

        proxy.Silence();
        await manager.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That(async () => await InTimeAsync(waiting), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Waits_that_begin_and_are_cancelled_within_milliseconds_never_keep_a_disposal()
    {
        for (var i = 0; i < 40; i++)
        {
            var manager = new VoiceManager(DataSource, Hourly);
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                var started = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMilliseconds(25))
                {
                    using var cancellation = new CancellationTokenSource();
                    var wait = manager.WaitForWorkAsync(cancellation.Token);
                    await Task.Delay(TimeSpan.FromMilliseconds(1.5 * Random.Shared.NextDouble()), Token);
                    await cancellation.CancelAsync();
                    await wait.ContinueWith(_ => { }, TaskScheduler.Default);
                }
            })));

            await manager.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
        }
    }

    private TcpProxy Proxy()
    {
        var server = new NpgsqlConnectionStringBuilder(ConnectionString);
        return new TcpProxy(server.Host!, server.Port);
    }

    private NpgsqlDataSource ThroughProxy(TcpProxy proxy) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, SslMode = SslMode.Disable });
}
