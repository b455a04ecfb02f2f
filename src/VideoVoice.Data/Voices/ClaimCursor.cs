namespace VideoVoice.Data.Voices;

/// <summary>
/// Where the next claim of this process enters the index: the place of the last request that a claim took. A claim that starts there does not walk over the
/// dead index entries of what was taken before, which is what makes a queue slow under load, and very slow while a long transaction keeps vacuum away.
/// Once a second a claim looks back: at what has appeared before the cursor, at leases that have ended and at retries whose time has come.
/// </summary>
internal sealed class ClaimCursor(TimeProvider time)
{
    private static readonly TimeSpan s_lookBack = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Place? _place;
    private long _lookedBack;
    private bool _lookBackNext = true;

    /// <summary>A place in the order of the queue, as the statements compare it.</summary>
    /// <param name="CursorPriority">The negative of the request's priority.</param>
    /// <param name="CursorQueued">Its <c>queue_at</c>.</param>
    /// <param name="CursorId">Its id.</param>
    internal sealed record Place(int CursorPriority, DateTimeOffset CursorQueued, Guid CursorId)
    {
        internal static Place First { get; } = new(int.MinValue, DateTimeOffset.UnixEpoch, Guid.Empty);
    }

    /// <summary>The place of the last request, for a look that takes nothing.</summary>
    internal Place Current
    {
        get
        {
            lock (_gate)
                return _place ?? Place.First;
        }
    }

    /// <summary>Where the next claim starts, and whether it looks back: then it starts at the first place.</summary>
    internal (Place Start, bool LooksBack) Take()
    {
        lock (_gate)
        {
            if (!_lookBackNext && time.GetElapsedTime(_lookedBack) < s_lookBack)
                return (_place ?? Place.First, false);

            _lookBackNext = false;
            _lookedBack = time.GetTimestamp();
            return (Place.First, true);
        }
    }

    /// <summary>The next claim looks back: the last one has left something.</summary>
    internal void LookBackNext()
    {
        lock (_gate)
            _lookBackNext = true;
    }

    /// <summary>Moves the cursor to the last request of a full claim. After a short one, which shows that the queue is nearly empty, the next starts at its head.</summary>
    internal void Set(IReadOnlyList<VoiceRequest> claimed, int limit)
    {
        lock (_gate)
            _place = claimed.Count == limit && claimed[^1] is { QueueAt: { } queueAt } last ? new Place(-last.Priority, queueAt, last.Id) : null;
    }
}
