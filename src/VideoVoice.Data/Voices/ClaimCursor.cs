namespace VideoVoice.Data.Voices;

/// <summary>
/// Where the next claim of this process enters the index: the place of the last request that a claim took. A claim that starts there does not walk over the
/// dead index entries of what was taken before, which is what makes a queue slow under load, and very slow while a long transaction keeps vacuum away.
/// A process that claims little, and quickly, uses none and sees the whole queue each time.
/// </summary>
internal sealed class ClaimCursor(TimeProvider time)
{
    /// <summary>Requests claimed a second from which on the cursor is used.</summary>
    internal const int Hot = 1_000;

    /// <summary>A claim that takes this long walks over something.</summary>
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(100);

    /// <summary>What appears before the cursor (a retry, a requeue, a raised priority, a late commit, an expired lease) is seen after this time at the latest.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Place? _place;
    private long _windowStart;
    private int _claimed;
    private bool _hot;

    internal sealed record Place(int Priority, DateTimeOffset QueueAt, Guid Id);

    /// <summary>The place to start at; null for a claim that looks at everything.</summary>
    internal Place? Take()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowStart) < s_window)
                return _hot || _claimed >= Hot ? _place : null;

            _hot = _claimed >= Hot;
            _claimed = 0;
            _windowStart = time.GetTimestamp();
            return null;
        }
    }

    /// <summary>Moves the cursor to the last request of a full claim; a short one shows that nothing is left behind it.</summary>
    internal void Set(IReadOnlyList<VoiceRequest> claimed, int limit, TimeSpan took)
    {
        lock (_gate)
        {
            _claimed += claimed.Count;
            _hot |= took >= s_slow;
            _place = claimed.Count == limit && claimed[^1] is { QueueAt: { } queueAt } last ? new Place(last.Priority, queueAt, last.Id) : null;
        }
    }
}
