namespace VideoVoice.Data;

/// <summary>A row of the view <c>video_processing_status</c>: a video and the counts of its voice requests.</summary>
public sealed record VideoProcessingStatus
{
    /// <summary>The video.</summary>
    public Guid VideoId { get; init; }

    /// <summary>Its title; null only in rows that other services wrote.</summary>
    public string? Title { get; init; }

    /// <summary>Its state.</summary>
    public VideoStatus VideoStatus { get; init; }

    /// <summary>When it was created, UTC.</summary>
    public DateTimeOffset VideoCreatedAt { get; init; }

    /// <summary>Number of voice requests.</summary>
    public long TotalVoices { get; init; }

    /// <summary>Those completed.</summary>
    public long CompletedVoices { get; init; }

    /// <summary>Those failed for good.</summary>
    public long FailedVoices { get; init; }

    /// <summary>Those pending or processing.</summary>
    public long PendingVoices { get; init; }

    /// <summary>Where the next page of a list begins after this row.</summary>
    public PageCursor Cursor => new(VideoCreatedAt, VideoId);
}
