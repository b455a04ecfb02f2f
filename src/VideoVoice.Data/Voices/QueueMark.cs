using System.Diagnostics;

namespace VideoVoice.Data.Internal;

/// <summary>
/// The low-water mark of a process's claims: the place of the last request that one of them took. A claim that starts there does not walk over the
/// dead index entries of what was taken before, which is what makes other queues slow while a long transaction keeps vacuum from removing them.
/// </summary>
internal sealed class QueueMark
{
    /// <summary>Requests that appear before the mark (a retry, a requeue, a raised priority, a late commit, an expired lease) are seen after this time at the latest.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Place? _place;
    private long _unmarkedAt;

    internal sealed record Place(int Priority, DateTimeOffset QueueAt, Guid Id);

    /// <summary>The mark to start at; null for a claim that looks at everything.</summary>
    internal Place? Take()
    {
        lock (_gate)
        {
            if (_place is not null && Stopwatch.GetElapsedTime(_unmarkedAt) < s_longest)
                return _place;

            _unmarkedAt = Stopwatch.GetTimestamp();
            return null;
        }
    }

    /// <summary>Moves the mark to the last request of a full claim; a short one says that nothing is left behind the mark.</summary>
    internal void Set(IReadOnlyList<VoiceRequest> claimed, int limit)
    {
        lock (_gate)
            _place = claimed.Count == limit && claimed[^1] is { QueueAt: { } queueAt } last ? new Place(last.Priority, queueAt, last.Id) : null;
    }
}
