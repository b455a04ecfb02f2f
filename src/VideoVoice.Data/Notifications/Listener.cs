using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace VideoVoice.Data.Internal;

/// <summary>
/// The one place of a process that waits on the database: one connection and one loop for all waiters, started by the first. It registers as asleep,
/// looks, and sleeps until a notification, the poll interval or a new waiter. A notification is a hint; the poll is the promise.
/// </summary>
internal sealed class Listener(Database database, VideoVoiceOptions options, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_firstBackOff = TimeSpan.FromMilliseconds(50);

    private readonly WaiterSet _waiters = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly string _channel = $"videovoice_{Guid.NewGuid():N}";
    private Task? _loop;
    private bool _disposed;

    internal ProgressSubscription Subscribe(Guid videoId)
    {
        var subscription = _waiters.Add(videoId);
        Start();
        return subscription;
    }

    internal void Unsubscribe(ProgressSubscription subscription) => _waiters.Remove(subscription);

    /// <summary>Something changed in this process that moves the time of the next work.</summary>
    internal void LookForWork() => _waiters.LookForWorkNow();

    /// <summary>Ends when a claim can find something.</summary>
    internal async Task WaitForWorkAsync(CancellationToken cancellationToken)
    {
        var sleeper = _waiters.AddSleeper();
        Start();
        try
        {
            await sleeper.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // No longer among the sleepers: it was woken in the moment in which it was cancelled.
            if (!_waiters.Remove(sleeper))
                PassOn();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_gate)
        {
            if (_disposed)
                return;

            _disposed = true;
            loop = _loop;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
            await loop.ConfigureAwait(false);
        _waiters.End(new ObjectDisposedException(typeof(VoiceManager).FullName));
        _stopping.Dispose();
        _waiters.Dispose();
    }

    private void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(VoiceManager));
            _loop ??= Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await RunUntilStoppedAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Such as a data source that was disposed of first. Who waits would otherwise wait for ever.
            _waiters.End(e);
        }
    }

    private async Task RunUntilStoppedAsync()
    {
        var backOff = s_firstBackOff;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var connection = await database.OpenAsync(_stopping.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    _waiters.PollAll();
                    await ListenAsync(connection, () => backOff = s_firstBackOff).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or DatabaseConnectionException or TimeoutException or IOException)
            {
                Log.ListenerLost(logger, backOff, e);
                // Spread, so that the processes of a fleet do not come back in the same moment.
                await Task.Delay(backOff * (0.5 + Random.Shared.NextDouble()), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, options.PollInterval.Ticks));
            }
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection, Action works)
    {
        if (options.Notifications)
        {
            connection.Notification += (_, e) => OnNotification(e.Channel, e.Payload);
            var shared = await connection.ExecuteScalarAsync<string>(Command("notifications/get_shared_channel")).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition($"listen {_channel}; listen {shared};", cancellationToken: _stopping.Token)).ConfigureAwait(false);
        }

        try
        {
            while (true)
            {
                var looked = Stopwatch.GetTimestamp();
                var work = _waiters.Take(options.PollInterval);
                var pause = await LookAsync(connection, work).ConfigureAwait(false);
                works();
                await SleepAsync(connection, pause - Stopwatch.GetElapsedTime(looked), work.Interrupt).ConfigureAwait(false);
            }
        }
        finally
        {
            // A pooled connection would go on listening, because nothing resets it.
            if (options.Notifications && connection.FullState == System.Data.ConnectionState.Open)
            {
                await connection.ExecuteAsync(Statements.Get("notifications/unregister_listener"), new { channel = _channel, waitsFor = WaiterSet.All }).ConfigureAwait(false);
                await connection.ExecuteAsync("unlisten *").ConfigureAwait(false);
            }
        }
    }

    /// <summary>Registers, then looks: a change that commits after the look finds the registration. Returns how long to sleep.</summary>
    private async Task<TimeSpan> LookAsync(NpgsqlConnection connection, WaiterSet.Work work)
    {
        if (options.Notifications && work.Register.Length > 0)
        {
            var seconds = (2 * options.PollInterval).TotalSeconds + 10;
            await connection.ExecuteAsync(Command("notifications/register_listener", new { channel = _channel, waitsFor = work.Register, seconds })).ConfigureAwait(false);
        }

        if (options.Notifications && work.Unregister.Length > 0)
            await connection.ExecuteAsync(Command("notifications/unregister_listener", new { channel = _channel, waitsFor = work.Unregister })).ConfigureAwait(false);

        if (work.VideoIds.Length > 0)
        {
            RecordMap<VideoProcessingStatus>.Use();
            var states = await connection.QueryAsync<VideoProcessingStatus>(Command("notifications/list_progress", new { videoIds = work.VideoIds })).ConfigureAwait(false);
            _waiters.Offer(work.VideoIds, states.ToDictionary(s => s.VideoId));
        }

        var pause = work.Pause;
        if (work.Sleepers.Length > 0)
        {
            var seconds = await connection.ExecuteScalarAsync<double?>(Command("notifications/get_next_work")).ConfigureAwait(false);
            if (seconds <= 0)
            {
                _waiters.Wake(work.Sleepers);
                return TimeSpan.Zero;
            }

            if (seconds < pause.TotalSeconds)
            {
                pause = TimeSpan.FromSeconds(seconds.Value);
                _waiters.LookForWorkNext();
            }
        }

        return pause;
    }

    private async Task SleepAsync(NpgsqlConnection connection, TimeSpan pause, CancellationToken interrupt)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, interrupt);
        if (pause > TimeSpan.Zero)
        {
            // Npgsql counts whole milliseconds and takes 0 for ever.
            pause = TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds));
            try
            {
                if (options.Notifications)
                    await connection.WaitAsync(pause, stop.Token).ConfigureAwait(false);
                else
                    await Task.Delay(pause, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested && !_stopping.IsCancellationRequested)
            {
            }
        }

        _stopping.Token.ThrowIfCancellationRequested();
    }

    private void OnNotification(string channel, string payload)
    {
        var mine = channel == _channel;
        if (payload != "work")
            _waiters.Moved(payload.Split(',').Select(Guid.Parse));
        else if (!_waiters.WakeAll(registrationUsed: mine) && mine)
            PassOn();
    }

    /// <summary>The wake-up was meant for one who sleeps, and nobody here does any more: another shall have it.</summary>
    private void PassOn() => _ = database.Notifier.TellAsync(1, [], [], null, CancellationToken.None);

    private CommandDefinition Command(string statement, object? parameters = null) =>
        new(Statements.Get(statement), parameters, cancellationToken: _stopping.Token);
}
