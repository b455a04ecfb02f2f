namespace VideoVoice.Data;

/// <summary>What is open over all videos at one moment (<c>get_queue_statistics.sql</c>).</summary>
public sealed record QueueStatistics
{
    /// <summary>Where each count stops, 10,000: it means so many or more.</summary>
    public const int MaxCount = 10_000;

    /// <summary>Requests that wait: the depth of the queue, delayed ones included. At most <see cref="MaxCount"/>, as every count here.</summary>
    public long PendingVoices { get; init; }

    /// <summary>Of these, those that a retry put off.</summary>
    public long DelayedVoices { get; init; }

    /// <summary>Requests that are being processed.</summary>
    public long ProcessingVoices { get; init; }

    /// <summary>Of these, those whose lease has expired; the next claim takes them.</summary>
    public long ExpiredLeases { get; init; }

    /// <summary>
    /// Seconds since the oldest request that may start now was created, among the first 100 of each priority (of at most 100 priorities); null when none waits.
    /// A request that stands far back in a long video may be older.
    /// </summary>
    public double? OldestPendingAgeSeconds { get; init; }

    /// <summary>The same as a time span.</summary>
    public TimeSpan? OldestPendingAge => OldestPendingAgeSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
