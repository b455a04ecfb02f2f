namespace VideoVoice.Data;

/// <summary>Counts of all rows by state (<c>get_totals.sql</c>).</summary>
public sealed record Totals
{
    /// <summary>All videos.</summary>
    public long Videos { get; init; }

    /// <summary>Videos in state pending.</summary>
    public long PendingVideos { get; init; }

    /// <summary>Videos in state processing.</summary>
    public long ProcessingVideos { get; init; }

    /// <summary>Videos in state completed.</summary>
    public long CompletedVideos { get; init; }

    /// <summary>Videos in state failed.</summary>
    public long FailedVideos { get; init; }

    /// <summary>All voice requests.</summary>
    public long Voices { get; init; }

    /// <summary>Requests in state pending.</summary>
    public long PendingVoices { get; init; }

    /// <summary>Requests in state processing.</summary>
    public long ProcessingVoices { get; init; }

    /// <summary>Requests in state completed.</summary>
    public long CompletedVoices { get; init; }

    /// <summary>Requests in state failed.</summary>
    public long FailedVoices { get; init; }

    /// <summary>
    /// Writes to requests that came too late and changed no row, since the schema has version 6: a completion or failure of a completed request, or a failure of one whose worker has a lease, by
    /// a statement that is not this library's, such as the Python services' (<c>videovoice_late_writes</c>).
    /// </summary>
    public long LateWrites { get; init; }
}
