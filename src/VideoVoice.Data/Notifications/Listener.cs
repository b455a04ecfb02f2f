using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Notifications;

/// <summary>
/// Owns the listening connection of a process: it connects, listens, waits and, when that breaks, connects again. It passes each notification on and runs no
/// query of the waits. While it is not listening, waiting only polls.
/// </summary>
/// <param name="database">Where to connect.</param>
/// <param name="channel">The channel of this process.</param>
/// <param name="changed">Called when it listens again, because earlier notifications are lost, and when it no longer listens.</param>
/// <param name="heard">Called with channel and payload. Must not throw.</param>
/// <param name="logger">Where a lost connection is reported.</param>
internal sealed class Listener(Database database, string channel, Action changed, Action<string, string> heard, ILogger logger) : IAsyncDisposable
{
    /// <summary>After this time without a notification the connection is tried.</summary>
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(10);

    /// <summary>How long a statement on the listening connection may take.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>How long a call may take to end once it is cancelled. Then the connection is dropped.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(200);

    /// <summary>How long unlisten and the removal of the registration may take. With <see cref="s_grace"/> it keeps a disposal below a second.</summary>
    private static readonly TimeSpan s_closing = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the notification that a process sends to itself may take. A connection that a pooler shares gets none, and no error either.</summary>
    private static readonly TimeSpan s_proof = TimeSpan.FromSeconds(5);

    /// <summary>What a process sends to itself once (<c>prove_listener.sql</c>).</summary>
    private const string Proof = "proof";

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task? _loop;
    private Task? _stuck;
    private volatile bool _listening;
    private bool _disposed;
    private bool _lost;
    private volatile bool _hears;
    private long _proofSent;
    private bool _saidThatItIsDeaf;

    /// <summary>Waits for a notification on the connection, at most for the time. A test replaces it with one that does not end.</summary>
    internal Func<NpgsqlConnection, TimeSpan, CancellationToken, Task<bool>> Wait { get; init; } =
        static (connection, time, cancellationToken) => connection.WaitAsync(time, cancellationToken);

    internal bool IsListening => _listening;

    /// <summary>Whether it listens and nothing has shown yet that notifications arrive.</summary>
    internal bool NeedsProof => _listening && !_hears && Volatile.Read(ref _proofSent) == 0;

    internal void Start()
    {
        lock (_gate)
        {
            if (!_disposed)
                _loop ??= Task.Run(RunAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_gate)
        {
            loop = _loop;
            _disposed = true;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
            await loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var backOff = new BackOff(database.Time);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(backOff).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (_stopping.IsCancellationRequested)
                    return;

                if (!_lost)
                {
                    Log.ListenerLost(logger, e);
                    changed();
                }

                _lost = true;
            }

            await backOff.DelayAsync(_stopping.Token).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync(BackOff backOff)
    {
        var connection = await TimeLimit.RunAsync(database.OpenAsync, TimeSpan.FromSeconds(30), _stopping.Token).ConfigureAwait(false);
        try
        {
            connection.Notification += (_, e) => Hear(e.Channel, e.Payload);
            var shared = await RunAsync(token => connection.ExecuteScalarAsync<string>(Command(Statements.Get("notifications/get_shared_channel"), token)), s_limit, _stopping.Token).ConfigureAwait(false);
            var listen = $"listen {channel}; listen {shared};";
            await RunAsync(token => connection.ExecuteAsync(Command(listen, token)), s_limit, _stopping.Token).ConfigureAwait(false);
            _listening = true;
            backOff.Reset();
            if (_lost)
                Log.ListenerBack(logger);
            _lost = false;
            changed();
            while (true)
            {
                if (await RunAsync(token => Wait(connection, s_keepAlive, token), s_keepAlive + s_limit, _stopping.Token).ConfigureAwait(false))
                    continue;

                if (!_saidThatItIsDeaf && !_hears && Volatile.Read(ref _proofSent) is var sent and not 0 && TimeProvider.System.GetElapsedTime(sent) > s_proof)
                {
                    _saidThatItIsDeaf = true;
                    Log.NotificationsDoNotArrive(logger);
                }

                // A peer that has vanished is noticed by the missing answer.
                await RunAsync(token => connection.ExecuteAsync(Command(listen, token)), s_limit, _stopping.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _listening = false;
            await CloseAsync(connection).ConfigureAwait(false);
        }
    }

    /// <summary>A notification to this process was sent over another connection.</summary>
    internal void ProofSent() => Volatile.Write(ref _proofSent, TimeProvider.System.GetTimestamp());

    private void Hear(string from, string payload)
    {
        _hears = true;
        if (payload != Proof)
            heard(from, payload);
    }

    /// <summary>Runs a call on the listening connection. When it does not end in time, nor when it is cancelled, the connection is dropped.</summary>
    private async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken stop)
    {
        using var interrupt = new CancellationTokenSource();
        var running = call(interrupt.Token);
        try
        {
            return await running.WaitAsync(limit, TimeProvider.System, stop).ConfigureAwait(false);
        }
        catch (Exception) when (!running.IsCompleted)
        {
            await interrupt.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAny(running, Task.Delay(s_grace, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
            _stuck = running.IsCompleted ? null : running;
            _ = running.ContinueWith(static call => _ = call.Exception, TaskScheduler.Default);
            throw;
        }
    }

    private async Task CloseAsync(NpgsqlConnection connection)
    {
        if (_stuck is null && connection.FullState == System.Data.ConnectionState.Open)
        {
            try
            {
                // A pooled connection would go on listening, because nothing resets it. Notifications that arrive meanwhile are still passed on.
                var registration = new { channel, waitsFor = WaiterSet.All };
                await RunAsync(
                    async token =>
                    {
                        await connection.ExecuteAsync(Command(Statements.Get("notifications/unregister_listener"), token, registration)).ConfigureAwait(false);
                        return await connection.ExecuteAsync(Command("unlisten *", token)).ConfigureAwait(false);
                    },
                    s_closing,
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.ListenerNotClosed(logger, e);
                database.DataSource.Clear();
            }
        }

        var dropping = DropAsync(connection, _stuck ?? Task.CompletedTask);
        _stuck = null;
        await Task.WhenAny(dropping, Task.Delay(s_grace, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
    }

    /// <summary>Closes the connection when its last call has ended, if it ever does.</summary>
    private static async Task DropAsync(NpgsqlConnection connection, Task last)
    {
        try
        {
            await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is not used any more.
        }
    }

    private static CommandDefinition Command(string text, CancellationToken cancellationToken, object? parameters = null) => new(text, parameters, cancellationToken: cancellationToken);
}
