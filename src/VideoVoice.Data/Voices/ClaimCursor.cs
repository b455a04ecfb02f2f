namespace VideoVoice.Data.Voices;

/// <summary>
/// Where the next claim of this process enters the index: the place of the last request that a claim took or, with loaded voices,
/// of the first that it left. A claim that starts there does not walk over the
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

    /// <summary>A place in the order of the queue, as the statements compare it and <c>get_head.sql</c> returns it.</summary>
    internal sealed record Place
    {
        internal static Place First { get; } = new() { CursorPriority = int.MinValue, CursorQueued = DateTimeOffset.UnixEpoch };

        /// <summary>The negative of the request's priority.</summary>
        public int CursorPriority { get; init; }

        public DateTimeOffset CursorQueued { get; init; }

        public Guid CursorId { get; init; }

        /// <summary>Null for a request whose place .NET cannot hold.</summary>
        internal static Place? Of(VoiceRequest request) =>
            request.QueueAt is { } queueAt ? new() { CursorPriority = -request.Priority, CursorQueued = queueAt, CursorId = request.Id } : null;
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

    /// <summary>Moves the cursor; null is the head of the queue.</summary>
    internal void Set(Place? place)
    {
        lock (_gate)
            _place = place;
    }
}
