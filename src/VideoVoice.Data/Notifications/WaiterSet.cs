namespace VideoVoice.Data.Notifications;

/// <summary>
/// Who waits in this process and for what, and what the poller's loop has to do next. Thread-safe; it never touches the database, and nothing that is not
/// its own runs under its lock.
/// </summary>
internal sealed class WaiterSet(TimeProvider time)
{
    private const string ForWork = "work";
    private const string ForVoices = "voices";

    /// <summary>
    /// How long a video rests after a look, for each of its requests: ten times what the look takes the server, so that somebody who waits for a video of
    /// 20,000 requests does not cost more than the worker. Below a millisecond it does not rest.
    /// </summary>
    private static readonly TimeSpan s_restOfRequest = TimeSpan.FromMicroseconds(5);

    /// <summary>Most videos whose audio one statement reads.</summary>
    private const int MaxAudio = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, List<ProgressSubscription>> _videos = [];
    private readonly Dictionary<Guid, TaskCompletionSource<IReadOnlyList<CompletedAudio>>> _readers = [];
    private readonly Dictionary<TaskCompletionSource, bool> _sleepers = [];
    private readonly HashSet<Guid> _toLookAt = [];

    /// <summary>Until when a long video is not looked at again because of a notification.</summary>
    private readonly Dictionary<Guid, long> _restsUntil = [];
    private readonly HashSet<string> _registered = [];

    /// <summary>Completed when the loop has something to do. Its continuations run asynchronously, never under the lock of the caller.</summary>
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _lookForWork;
    private bool _pollNow = true;
    private long _polledAt;
    private Exception? _end;

    internal static string[] All { get; } = [ForWork, ForVoices];

    /// <summary>What one turn of the loop does.</summary>
    internal sealed record Work(string[] Register, string[] Unregister, Guid[] VideoIds, Guid[] AudioOf, TaskCompletionSource[] Sleepers, TimeSpan Pause);

    internal bool Any
    {
        get
        {
            lock (_gate)
                return _videos.Count > 0 || _sleepers.Count > 0;
        }
    }

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
            Signal();
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
            {
                _videos.Remove(subscription.VideoId);
                _restsUntil.Remove(subscription.VideoId);
            }
        }
    }

    /// <summary>All readers of a video's audio before the next look share one result.</summary>
    internal Task<IReadOnlyList<CompletedAudio>> AddReader(Guid videoId)
    {
        lock (_gate)
        {
            if (_end is not null)
                return Task.FromException<IReadOnlyList<CompletedAudio>>(_end);

            if (!_readers.TryGetValue(videoId, out var reader))
                _readers.Add(videoId, reader = new(TaskCreationOptions.RunContinuationsAsynchronously));
            Signal();
            return reader.Task;
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

            _sleepers.Add(sleeper, false);
            _lookForWork = true;
            Signal();
        }

        return sleeper;
    }

    /// <summary>False when it has been woken already.</summary>
    internal bool Remove(TaskCompletionSource sleeper)
    {
        lock (_gate)
        {
            if (!_sleepers.Remove(sleeper))
                return false;

            // The registration of a worker that stopped must not receive a notification that another could use.
            if (_sleepers.Count == 0)
                Signal();
            return true;
        }
    }

    /// <summary>Ends all waits, also later ones, because nothing looks for them any more.</summary>
    internal void End(Exception reason)
    {
        lock (_gate)
        {
            _end ??= reason;
            EndWhere(_end, onlyNew: false);
        }
    }

    /// <summary>Ends the waits that no look has served yet.</summary>
    internal void EndNew(Exception reason)
    {
        lock (_gate)
            EndWhere(reason, onlyNew: true);
    }

    /// <summary>Looks for everybody and registers anew: what was registered or notified before may be lost.</summary>
    internal void PollNow()
    {
        lock (_gate)
        {
            _pollNow = true;
            _registered.Clear();
            Signal();
        }
    }

    /// <summary>The registration of this turn failed.</summary>
    internal void NotRegistered(Work work)
    {
        lock (_gate)
            _registered.ExceptWith(work.Register);
    }

    /// <summary>Whether every waiter has been looked for and, if asked, registered.</summary>
    internal bool IsServed(bool registered)
    {
        lock (_gate)
            return !_changed.Task.IsCompleted && _toLookAt.Count == 0 && (!registered || ((_sleepers.Count == 0 || _registered.Contains(ForWork)) && (_videos.Count == 0 || _registered.Contains(ForVoices))));
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
                Signal();
        }
    }

    /// <summary>Marks the videos of the list that have waiters here. False when the text is no list of ids.</summary>
    internal bool Moved(string videoIds)
    {
        var all = true;
        lock (_gate)
        {
            foreach (var range in videoIds.AsSpan().Split(','))
            {
                if (!Guid.TryParse(videoIds.AsSpan()[range], out var id))
                    all = false;
                else if (_videos.ContainsKey(id) && _toLookAt.Add(id))
                    Signal();
            }
        }

        return all;
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

            foreach (var sleeper in _sleepers.Keys)
                sleeper.TrySetResult();
            _sleepers.Clear();
            Signal();
            return true;
        }
    }

    internal void Wake(TaskCompletionSource[] sleepers)
    {
        lock (_gate)
        {
            foreach (var sleeper in sleepers.Where(sleeper => _sleepers.Remove(sleeper)))
                sleeper.TrySetResult();
        }
    }

    /// <summary>A look has found no work for them.</summary>
    internal void Looked(TaskCompletionSource[] sleepers)
    {
        lock (_gate)
        {
            foreach (var sleeper in sleepers.Where(_sleepers.ContainsKey))
                _sleepers[sleeper] = true;
        }
    }

    internal void Offer(Guid[] videoIds, Dictionary<Guid, VideoProcessingStatus> states)
    {
        lock (_gate)
        {
            foreach (var id in videoIds)
            {
                var state = states.GetValueOrDefault(id);
                foreach (var subscription in _videos.GetValueOrDefault(id) ?? [])
                    subscription.Offer(state);
                if (_videos.ContainsKey(id) && state?.TotalVoices * s_restOfRequest is { } rest && rest >= TimeSpan.FromMilliseconds(1))
                    _restsUntil[id] = time.GetTimestamp() + (long)(rest.TotalSeconds * time.TimestampFrequency);
            }
        }
    }

    internal void Answer(Guid[] videoIds, ILookup<Guid, CompletedAudio> audio)
    {
        lock (_gate)
        {
            foreach (var id in videoIds)
            {
                if (_readers.Remove(id, out var reader))
                    reader.TrySetResult([.. audio[id]]);
            }
        }
    }

    /// <summary>Ends when something is to be done.</summary>
    internal Task ChangedAsync()
    {
        lock (_gate)
            return _changed.Task;
    }

    internal Work Take(TimeSpan pollInterval)
    {
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var poll = _pollNow || time.GetElapsedTime(_polledAt) >= pollInterval;
            if (poll)
            {
                _pollNow = false;
                _polledAt = time.GetTimestamp();
            }

            string[] needed = [.. _sleepers.Count > 0 ? [ForWork] : Array.Empty<string>(), .. _videos.Count > 0 ? [ForVoices] : Array.Empty<string>()];
            string[] unregister = [.. _registered.Except(needed)];
            string[] register = [.. needed.Where(kind => poll || !_registered.Contains(kind))];
            _registered.Clear();
            _registered.UnionWith(needed);

            _toLookAt.IntersectWith(_videos.Keys);
            var videoIds = poll ? [.. _videos.Keys] : _toLookAt.Where(id => RestOf(id) <= TimeSpan.Zero).ToArray();
            var sleepers = poll || _lookForWork ? _sleepers.Keys.ToArray() : [];
            Guid[] audioOf = [.. _readers.Keys.Take(MaxAudio)];
            _toLookAt.ExceptWith(videoIds);
            _lookForWork = false;
            if (_readers.Count > audioOf.Length)
                Signal();

            var pause = pollInterval - time.GetElapsedTime(_polledAt);
            var rest = _toLookAt.Select(RestOf).DefaultIfEmpty(pause).Min();
            return new Work(register, unregister, videoIds, audioOf, sleepers, rest < pause ? rest : pause);
        }
    }

    private TimeSpan RestOf(Guid videoId) =>
        _restsUntil.TryGetValue(videoId, out var until) ? time.GetElapsedTime(time.GetTimestamp(), until) : TimeSpan.Zero;

    private void Signal() => _changed.TrySetResult();

    private void EndWhere(Exception reason, bool onlyNew)
    {
        foreach (var sleeper in _sleepers.Where(s => !onlyNew || !s.Value).Select(s => s.Key).ToArray())
        {
            _sleepers.Remove(sleeper);
            sleeper.TrySetException(reason);
        }

        foreach (var subscription in _videos.Values.SelectMany(subscriptions => subscriptions).Where(s => !onlyNew || !s.WasOffered))
            subscription.End(reason);

        foreach (var reader in _readers.Values)
        {
            reader.TrySetException(reason);

            // Nobody may wait for it any more, and an exception that nobody sees would be reported to the host.
            _ = reader.Task.Exception;
        }

        _readers.Clear();
    }
}
