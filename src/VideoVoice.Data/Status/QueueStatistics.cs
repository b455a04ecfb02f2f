namespace VideoVoice.Data;

/// <summary>What is open over all videos at one moment (<c>get_queue_statistics.sql</c>).</summary>
public sealed record QueueStatistics
{
    /// <summary>Requests that wait: the depth of the queue, delayed ones included.</summary>
    public long PendingVoices { get; init; }

    /// <summary>Of these, those that a retry put off.</summary>
    public long DelayedVoices { get; init; }

    /// <summary>Requests that are being processed.</summary>
    public long ProcessingVoices { get; init; }

    /// <summary>Of these, those whose lease has expired; the next claim takes them.</summary>
    public long ExpiredLeases { get; init; }

    /// <summary>Seconds since the oldest request that may start now was created; null when none waits.</summary>
    public double? OldestPendingAgeSeconds { get; init; }

    /// <summary>The same as a time span.</summary>
    public TimeSpan? OldestPendingAge => OldestPendingAgeSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
