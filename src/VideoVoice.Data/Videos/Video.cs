using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>A row of the table <c>videos</c>. All times are UTC, taken from the server's clock, in microseconds.</summary>
public sealed record Video
{
    /// <summary>Primary key.</summary>
    public Guid Id { get; init; }

    /// <summary>Title, at most 255 characters; null only in rows that other services wrote.</summary>
    public string? Title { get; init; }

    /// <summary>Free text.</summary>
    public string? Description { get; init; }

    /// <summary>Path of the background video, at most 500 characters.</summary>
    public string? BackgroundVideoPath { get; init; }

    /// <summary>Path of the finished video; set when the video completes.</summary>
    public string? OutputVideoPath { get; init; }

    /// <summary>Paths of the WhatsApp chat images, in order; null until they are set.</summary>
    public IReadOnlyList<string>? WhatsappImagesPaths
    {
        get;
        init => field = value is null ? null : EqualList<string>.Of(value);
    }

    /// <summary>As Npgsql reads the column: Dapper does not convert an array to a list.</summary>
    internal string[]? WhatsappImagesPathsColumn
    {
        init => WhatsappImagesPaths = value;
    }

    /// <summary>State. A null in the table, which no service writes, reads as <see cref="VideoStatus.Pending"/>.</summary>
    public VideoStatus Status { get; init; }

    /// <summary>JSON as jsonb prints it: keys sorted, spacing normalised.</summary>
    public string? Metadata { get; init; }

    /// <summary>Requests of a video with a higher number are claimed first; 0 unless set.</summary>
    public int Priority { get; init; }

    /// <summary>Why the video failed; null in every other state.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>When the row was inserted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the row last changed; kept by a trigger.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the video completed; null before.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Where the next page of a list begins after this row.</summary>
    public PageCursor Cursor => new(CreatedAt, Id);
}
