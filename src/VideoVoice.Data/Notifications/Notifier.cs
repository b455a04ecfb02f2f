using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Notifications;

/// <summary>
/// Notifies processes that wait of what changed. Writers only queue a change; one statement at a time, with a pause after it, notifies of all that is queued,
/// because NOTIFY serializes commits. A notification that is lost delays a waiting process by at most one poll interval.
/// </summary>
internal sealed class Notifier(Database database, bool enabled, ILogger? logger) : IAsyncDisposable, IDisposable
{
    /// <summary>The pause between two statements. The first change after a quiet time is sent at once.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>The pause after a statement that found no waiting process: under load the next would find none either, and each costs the writers.</summary>
    private static readonly TimeSpan s_longPause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a statement may take, and how long a disposal waits for what is left.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lastLimit = TimeSpan.FromSeconds(2);

    /// <summary>Most ids of a kind in one statement.</summary>
    private const int MaxIds = 1_000;

    /// <summary>Most queued ids of a kind. Without a limit the queue would grow for as long as writers are faster than the statement.</summary>
    internal const int MaxWaiting = 10_000;

    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly Lock _gate = new();
    private readonly Queue<Guid> _voices = new();
    private readonly Queue<Guid> _videos = new();
    private int _newRequests;
    private bool _running;
    private Task _notifying = Task.CompletedTask;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled before <see cref="_stopping"/>: what is queued is sent without pauses.</summary>
    private readonly CancellationTokenSource _disposing = new();

    /// <summary>How many ids are queued.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
                return _voices.Count + _videos.Count;
        }
    }

    /// <summary>Notifies of new requests, finished requests or changed videos: with the transaction's commit, or at once when there is none.</summary>
    internal async Task NotifyAsync(int newRequests, Guid[] voiceIds, Guid[] videoIds, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        if (!enabled || (newRequests == 0 && voiceIds.Length == 0 && videoIds.Length == 0))
            return;

        if (transaction is not null)
        {
            await database.ExecuteAsync("notifications/notify_on_commit", new { newRequests, voiceIds, videoIds }, transaction, cancellationToken).ConfigureAwait(false);
            return;
        }

        lock (_gate)
        {
            _newRequests += newRequests;
            Note(_voices, voiceIds);
            Note(_videos, videoIds);
            if (_running)
                return;

            _running = true;
            // It serves many writes: it must not be part of the trace of the one that started it.
            using (ExecutionContext.SuppressFlow())
                _notifying = Task.Run(NotifyAllAsync, CancellationToken.None);
        }
    }

    /// <summary>
    /// Counts new requests and notifies workers of them. Processes that wait for a video's voices are not notified: new requests end no wait, and a notification
    /// for each such process made creates a third slower.
    /// </summary>
    internal Task NotifyCreatedAsync(int created, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        Telemetry.Created.Add(created);
        return NotifyAsync(created, [], [], transaction, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task notifying;
        lock (_gate)
            notifying = _notifying;
        await _disposing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(notifying, Task.Delay(s_lastLimit, TimeProvider.System)).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>For containers that are not disposed of asynchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task NotifyAllAsync()
    {
        while (Take() is { } notes)
        {
            var notified = 0;
            try
            {
                notified = await TimeLimit.RunAsync(
                    token => database.ScalarAsync<int>("notifications/notify_listeners", notes, null, token), s_limit, _stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.NotifyFailed(_logger, e);
            }

            await Task.Delay(notified > 0 ? s_pause : s_longPause, database.Time, _disposing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Notes? Take()
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || (_newRequests == 0 && _voices.Count == 0 && _videos.Count == 0))
            {
                _running = false;
                return null;
            }

            var notes = new Notes(_newRequests, Take(_voices), Take(_videos));
            _newRequests = 0;
            return notes;
        }
    }

    private static void Note(Queue<Guid> queue, Guid[] ids)
    {
        foreach (var id in ids.Take(MaxWaiting - queue.Count))
            queue.Enqueue(id);
    }

    private static Guid[] Take(Queue<Guid> queue)
    {
        var ids = new Guid[Math.Min(queue.Count, MaxIds)];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = queue.Dequeue();
        return ids;
    }

    private sealed record Notes(int NewRequests, Guid[] VoiceIds, Guid[] VideoIds);
}
