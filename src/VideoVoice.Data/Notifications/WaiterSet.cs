using System.Diagnostics;

namespace VideoVoice.Data.Internal;

/// <summary>Who waits in this process and for what, and what the listener's loop has to do next. Thread-safe; it never touches the database.</summary>
internal sealed class WaiterSet : IDisposable
{
    private const string ForWork = "work";
    private const string ForVoices = "voices";

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, List<ProgressSubscription>> _videos = [];
    private readonly HashSet<TaskCompletionSource> _sleepers = [];
    private readonly HashSet<Guid> _toLookAt = [];
    private readonly HashSet<string> _registered = [];
    private CancellationTokenSource _interrupt = new();
    private bool _lookForWork;
    private long _polledAt;
    private bool _pollNow = true;
    private Exception? _end;

    internal static string[] All { get; } = [ForWork, ForVoices];

    /// <summary>What one turn of the loop does.</summary>
    internal readonly record struct Work(string[] Register, string[] Unregister, Guid[] VideoIds, TaskCompletionSource[] Sleepers, TimeSpan Pause, CancellationToken Interrupt);

    internal ProgressSubscription Add(Guid videoId)
    {
        var subscription = new ProgressSubscription(videoId);
        lock (_gate)
        {
            if (_end is not null)
            {
                subscription.End(_end);
                return subscription;
            }

            if (!_videos.TryGetValue(videoId, out var subscriptions))
                _videos.Add(videoId, subscriptions = []);
            subscriptions.Add(subscription);
            _toLookAt.Add(videoId);
            _interrupt.Cancel();
        }

        return subscription;
    }

    internal void Remove(ProgressSubscription subscription)
    {
        lock (_gate)
        {
            if (!_videos.TryGetValue(subscription.VideoId, out var subscriptions))
                return;

            subscriptions.Remove(subscription);
            if (subscriptions.Count == 0)
                _videos.Remove(subscription.VideoId);
        }
    }

    internal TaskCompletionSource AddSleeper()
    {
        var sleeper = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_end is not null)
            {
                sleeper.SetException(_end);
                return sleeper;
            }

            _sleepers.Add(sleeper);
            _lookForWork = true;
            _interrupt.Cancel();
        }

        return sleeper;
    }

    /// <summary>False when it was woken before.</summary>
    internal bool Remove(TaskCompletionSource sleeper)
    {
        lock (_gate)
        {
            if (!_sleepers.Remove(sleeper))
                return false;

            // The registration of a worker that stopped must not swallow a wake-up that another could use.
            if (_sleepers.Count == 0)
                _interrupt.Cancel();
            return true;
        }
    }

    /// <summary>Ends all waits, also those that come later, because nobody will look for them any more.</summary>
    internal void End(Exception reason)
    {
        lock (_gate)
        {
            _end ??= reason;
            foreach (var sleeper in _sleepers)
                sleeper.TrySetException(_end);
            _sleepers.Clear();
            foreach (var subscription in _videos.Values.SelectMany(subscriptions => subscriptions))
                subscription.End(_end);
        }
    }

    /// <summary>The connection is new: what was registered or notified on the old one may be lost.</summary>
    internal void PollAll()
    {
        lock (_gate)
        {
            _pollNow = true;
            _registered.Clear();
        }
    }

    internal void LookForWorkNext()
    {
        lock (_gate)
            _lookForWork = true;
    }

    internal void LookForWorkNow()
    {
        lock (_gate)
        {
            _lookForWork = true;
            if (_sleepers.Count > 0)
                _interrupt.Cancel();
        }
    }

    internal void Moved(IEnumerable<Guid> videoIds)
    {
        lock (_gate)
        {
            foreach (var id in videoIds)
            {
                if (_videos.ContainsKey(id) && _toLookAt.Add(id))
                    _interrupt.Cancel();
            }
        }
    }

    /// <summary>Wakes everybody who waits for work; false when nobody does.</summary>
    /// <param name="registrationUsed">Whether the notification took this process's registration away.</param>
    internal bool WakeAll(bool registrationUsed)
    {
        lock (_gate)
        {
            if (registrationUsed)
                _registered.Remove(ForWork);
            if (_sleepers.Count == 0)
                return false;

            foreach (var sleeper in _sleepers)
                sleeper.TrySetResult();
            _sleepers.Clear();
            _interrupt.Cancel();
            return true;
        }
    }

    internal void Wake(TaskCompletionSource[] sleepers)
    {
        lock (_gate)
        {
            foreach (var sleeper in sleepers)
            {
                sleeper.TrySetResult();
                _sleepers.Remove(sleeper);
            }
        }
    }

    internal void Offer(Guid[] videoIds, Dictionary<Guid, VideoProcessingStatus> states)
    {
        lock (_gate)
        {
            foreach (var id in videoIds)
            {
                foreach (var subscription in _videos.GetValueOrDefault(id) ?? [])
                    subscription.Offer(states.GetValueOrDefault(id));
            }
        }
    }

    public void Dispose() => _interrupt.Dispose();

    internal Work Take(TimeSpan pollInterval)
    {
        lock (_gate)
        {
            var poll = _pollNow || Stopwatch.GetElapsedTime(_polledAt) >= pollInterval;
            if (poll)
            {
                _pollNow = false;
                _polledAt = Stopwatch.GetTimestamp();
            }

            string[] needed = [.. _sleepers.Count > 0 ? [ForWork] : Array.Empty<string>(), .. _videos.Count > 0 ? [ForVoices] : Array.Empty<string>()];
            string[] unregister = [.. _registered.Except(needed)];
            string[] register = [.. needed.Where(kind => poll || !_registered.Contains(kind))];
            _registered.Clear();
            _registered.UnionWith(needed);

            var videoIds = poll ? [.. _videos.Keys] : _toLookAt.Where(_videos.ContainsKey).ToArray();
            var sleepers = poll || _lookForWork ? _sleepers.ToArray() : [];
            _toLookAt.Clear();
            _lookForWork = false;

            if (_interrupt.IsCancellationRequested)
            {
                _interrupt.Dispose();
                _interrupt = new CancellationTokenSource();
            }

            return new Work(register, unregister, videoIds, sleepers, pollInterval - Stopwatch.GetElapsedTime(_polledAt), _interrupt.Token);
        }
    }
}
