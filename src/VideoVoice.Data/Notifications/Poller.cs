using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Voices;

namespace VideoVoice.Data.Notifications;

/// <summary>
/// All waits of a process: one loop looks for all waiters. It looks when a wait begins, when the <see cref="Listener"/> has received a notification, and at
/// each poll interval; between two looks it waits on a .NET primitive and on no connection. Notifications only make waiting faster: every wait also ends by
/// polling. No error ends the loop, only its disposal or that of the data source.
/// </summary>
internal sealed class Poller : IAsyncDisposable
{
    /// <summary>How long a look may take at first, and at most.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestLimit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_registrationLimit = TimeSpan.FromSeconds(2);

    /// <summary>When a registration that failed is tried again.</summary>
    private static readonly TimeSpan s_registrationPause = TimeSpan.FromMinutes(1);

    /// <summary>When a registration is tried again that failed because of a broken connection.</summary>
    private static readonly TimeSpan s_reconnected = TimeSpan.FromMilliseconds(200);

    /// <summary>When a registration is tried again that took too long, as on a busy server.</summary>
    private static readonly TimeSpan s_registrationTooSlow = TimeSpan.FromSeconds(5);

    private readonly Database _database;
    private readonly VideoVoiceOptions _options;
    private readonly ILogger _logger;
    private readonly Notifier _notifier;
    private readonly ClaimCursor _cursor;
    private readonly WaiterSet _waiters;
    private readonly Listener? _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly string _channel = $"videovoice_{Guid.NewGuid():N}";

    /// <summary>When looks began to fail, in real time, as their limit is. Null while they succeed.</summary>
    private long? _failingSince;
    private long _registrationFailed;

    /// <summary>Zero unless the last registration failed.</summary>
    private TimeSpan _registrationPause;
    private bool _saidThatLookFails;
    private Task? _loop;
    private volatile bool _asleep;
    private bool _disposed;

    internal Poller(
        Database database, Notifier notifier, ClaimCursor cursor, VideoVoiceOptions options, ILogger logger, Func<NpgsqlConnection, TimeSpan, CancellationToken, Task<bool>>? wait = null)
    {
        (_database, _notifier, _cursor, _options, _logger) = (database, notifier, cursor, options, logger);
        _waiters = new WaiterSet(database.Time);
        if (!options.Notifications)
            return;

        // The listening connection would be the only one of the pool, and no statement could run.
        if (new NpgsqlConnectionStringBuilder(database.DataSource.ConnectionString) is { Pooling: true, MaxPoolSize: < 2 })
        {
            Log.PoolTooSmall(logger);
            return;
        }

        _listener = wait is null
            ? new Listener(database, _channel, _waiters.PollNow, OnNotification, logger)
            : new Listener(database, _channel, _waiters.PollNow, OnNotification, logger) { Wait = wait };
    }

    /// <summary>Whether the loop sleeps, with every waiter looked for and, where notifications are used, registered.</summary>
    internal bool IsAsleep => _asleep && !_waiters.ChangedAsync().IsCompleted;

    internal ProgressSubscription Subscribe(Guid videoId)
    {
        Start();
        return _waiters.Add(videoId);
    }

    internal void Unsubscribe(ProgressSubscription subscription) => _waiters.Remove(subscription);

    /// <summary>The audio of a video, read with the next look, together with that of other videos.</summary>
    internal Task<IReadOnlyList<CompletedAudio>> ReadAudioAsync(Guid videoId, CancellationToken cancellationToken) =>
        _waiters.AddReader(videoId).WaitAsync(cancellationToken);

    /// <summary>Looks for work again, because this process changed when the next request may start.</summary>
    internal void LookForWork() => _waiters.LookForWorkNow();

    /// <summary>Completes when a claim can find something.</summary>
    internal async Task WaitForWorkAsync(CancellationToken cancellationToken)
    {
        Start();
        var sleeper = _waiters.AddSleeper();
        try
        {
            await sleeper.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was woken at the moment at which it was cancelled.
            if (!_waiters.Remove(sleeper))
                PassOn();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
                return;

            _disposed = true;
        }

        _waiters.End(new ObjectDisposedException(typeof(VoiceManager).FullName));
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_loop is not null)
            await _loop.ConfigureAwait(false);
        if (_listener is not null)
            await _listener.DisposeAsync().ConfigureAwait(false);
    }

    private void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(VoiceManager));
            // The loop serves all waits: its statements must not be part of the trace of the first.
            using (ExecutionContext.SuppressFlow())
                _loop ??= Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        var backOff = new BackOff(_database.Time);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var pause = await LookAsync(_waiters.Take(_options.PollInterval)).ConfigureAwait(false);
                _saidThatLookFails = false;
                _failingSince = null;
                backOff.Reset();
                _asleep = pause > TimeSpan.Zero && _waiters.IsServed(registered: _listener is not null);
                if (pause > TimeSpan.Zero)
                    await _waiters.ChangedAsync().WaitAsync(pause, _database.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _asleep = false;
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException e) when (e.ObjectName.EndsWith("DataSource", StringComparison.Ordinal))
            {
                _waiters.End(e);
                return;
            }
            catch (Exception e)
            {
                OnError(e);
                await backOff.DelayAsync(_stopping.Token).ConfigureAwait(false);
            }
        }
    }

    private void OnError(Exception error)
    {
        // The next look has to serve what this one did not.
        _waiters.PollNow();

        // A missing table or right: a retry does not cure it, so a new wait ends with the error. A wait that has seen a state goes on.
        if (error is PostgresException { SqlState: ['4', '2', ..] })
            _waiters.EndNew(error);

        _failingSince ??= TimeProvider.System.GetTimestamp();

        // An unreachable database is logged where connections are opened.
        if (error is DatabaseConnectionException || _saidThatLookFails)
            Log.LookFailedAgain(_logger, error.Message);
        else
            Log.LookFailed(_logger, error);
        _saidThatLookFails |= error is not DatabaseConnectionException;
    }

    /// <summary>Registers, then looks: a change that commits after the look finds the registration. Returns how long to sleep.</summary>
    private async Task<TimeSpan> LookAsync(WaiterSet.Work work)
    {
        var registerAgain = await RegisterAsync(work).ConfigureAwait(false);
        if (work.VideoIds.Length > 0)
        {
            var states = await RunAsync(token => _database.ListAsync<VideoProcessingStatus>("notifications/list_progress", new { videoIds = work.VideoIds }, null, token)).ConfigureAwait(false);
            _waiters.Offer(work.VideoIds, states.ToDictionary(s => s.VideoId));
        }

        if (work.AudioOf.Length > 0)
        {
            var audio = await RunAsync(token => _database.ListAsync<CompletedAudio>("voices/list_completed_audio_paths", new { videoIds = work.AudioOf }, null, token)).ConfigureAwait(false);
            _waiters.Answer(work.AudioOf, audio.ToLookup(a => a.VideoId));
        }

        var pause = work.Pause < registerAgain ? work.Pause : registerAgain;
        if (work.Sleepers.Length > 0)
        {
            var seconds = await RunAsync(token => _database.ScalarAsync<double?>("notifications/get_next_work", _cursor.Current, null, token)).ConfigureAwait(false);
            if (seconds <= 0)
                _waiters.Wake(work.Sleepers);
            else
                _waiters.Looked(work.Sleepers);

            if (seconds > 0 && seconds < pause.TotalSeconds)
            {
                pause = TimeSpan.FromSeconds(seconds.Value);
                _waiters.LookForWorkNext();
            }
        }

        // Only for waiters that the look has not served: the others need no listening connection.
        if (_waiters.Any)
            _listener?.Start();
        return pause;
    }

    /// <summary>Registers which notifications this process needs. They only make waiting faster, so every failure is tolerated. Returns when to try again.</summary>
    private async Task<TimeSpan> RegisterAsync(WaiterSet.Work work)
    {
        if (work is { Register: [], Unregister: [] })
            return TimeSpan.MaxValue;

        var rest = _registrationPause - _database.Time.GetElapsedTime(_registrationFailed);
        if (_listener is not { IsListening: true } || rest > TimeSpan.Zero)
        {
            _waiters.NotRegistered(work);
            return rest > TimeSpan.Zero ? rest : TimeSpan.MaxValue;
        }

        try
        {
            var seconds = (2 * _options.PollInterval).TotalSeconds + 10;
            if (work.Register.Length > 0)
                await TimeLimit.RunAsync(
                    token => _database.ExecuteAsync("notifications/register_listener", new { channel = _channel, waitsFor = work.Register, seconds }, null, token),
                    s_registrationLimit,
                    _stopping.Token).ConfigureAwait(false);
            if (work.Unregister.Length > 0)
                await TimeLimit.RunAsync(
                    token => _database.ExecuteAsync("notifications/unregister_listener", new { channel = _channel, waitsFor = work.Unregister }, null, token),
                    s_registrationLimit,
                    _stopping.Token).ConfigureAwait(false);
            if (_listener.NeedsProof)
            {
                await TimeLimit.RunAsync(
                    token => _database.ExecuteAsync("notifications/prove_listener", new { channel = _channel }, null, token), s_registrationLimit, _stopping.Token).ConfigureAwait(false);
                _listener.ProofSent();
            }

            _registrationPause = TimeSpan.Zero;
            return TimeSpan.MaxValue;
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            _waiters.NotRegistered(work);
            if (ConnectionLoss.IsCauseOf(e) && e is not TimeoutException)
                return s_reconnected;

            var first = _registrationPause == TimeSpan.Zero;
            _registrationFailed = _database.Time.GetTimestamp();
            _registrationPause = e is TimeoutException ? s_registrationTooSlow : s_registrationPause;
            if (first)
                Log.NotRegistered(_logger, _options.PollInterval, _registrationPause, e);
            return _registrationPause;
        }
    }

    private Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> look) =>
        _database.InTimeAsync(look, LimitAfter(_failingSince is { } since ? TimeProvider.System.GetElapsedTime(since) : TimeSpan.Zero), _stopping.Token);

    /// <summary>
    /// How long a look may take. A look for many waiters or at a busy server may need more than the first limit, so it grows; but a look at a silent
    /// connection holds all waits that long after the server is back, so it grows no faster than a quarter of the time for which looks have failed.
    /// </summary>
    internal static TimeSpan LimitAfter(TimeSpan failing) => TimeSpan.FromTicks(Math.Clamp(failing.Ticks / 4, s_limit.Ticks, s_longestLimit.Ticks));

    private void OnNotification(string channel, string payload)
    {
        var mine = channel == _channel;
        if (payload == "work")
        {
            if (!_waiters.WakeAll(registrationUsed: mine) && mine)
                PassOn();
        }
        else if (!_waiters.Moved(payload))
        {
            Telemetry.NotificationsIgnored.Add(1);
        }
    }

    /// <summary>Sends a notification of work on to another process, because no worker sleeps here any more.</summary>
    private void PassOn() => _ = _notifier.NotifyAsync(1, [], [], null, CancellationToken.None);
}
