namespace VideoVoice.Data.Reliability.History;

/// <summary>What a generator asked for and was told: the texts of the lines in their order, and how many attempts each may have.</summary>
internal sealed record CreatedVideo(Guid Id, IReadOnlyList<string> Texts, int MaxAttempts)
{
    /// <summary>Whether the creation was acknowledged.</summary>
    internal bool Acknowledged { get; set; }

    /// <summary>Whether a cancellation was asked for, with an answer or without.</summary>
    internal bool Cancelled { get; set; }

    /// <summary>Whether a retry of its failed requests was asked for, with an answer or without.</summary>
    internal bool Retried { get; set; }

    /// <summary>Whether it was acknowledged that the video is completed.</summary>
    internal bool Completed { get; set; }
}

/// <summary>
/// A wait that has returned, with the paths that it gave, in order. It started and returned at nanoseconds of the monotonic clock; SinceFinished is how long it
/// went on after the last request had finished, without the time in which a fault kept it from knowing; LastFaults names those that ended before it returned.
/// </summary>
internal sealed record Wait(Guid Video, long Completed, long Failed, long Total, bool FailFast, IReadOnlyList<string> Audio, long Started, long Returned, TimeSpan SinceFinished)
{
    internal string LastFaults { get; init; } = "";
}

/// <summary>A row of voices at the end.</summary>
internal sealed record VoiceRow
{
    public Guid Id { get; init; }

    public Guid VideoId { get; init; }

    public int? Position { get; init; }

    public string TextContent { get; init; } = "";

    public string Status { get; init; } = "";

    public int Attempt { get; init; }

    public int MaxAttempts { get; init; }

    public string? OutputAudioPath { get; init; }

    public string? ErrorMessage { get; init; }

    public bool TimesAreInOrder { get; init; }
}

/// <summary>A change of a row of voices, as a trigger recorded it in the transaction that made it.</summary>
internal sealed record Transition
{
    public Guid VideoId { get; init; }

    public Guid VoiceId { get; init; }

    /// <summary>Null for the insert.</summary>
    public string? OldStatus { get; init; }

    /// <summary>Null for a delete.</summary>
    public string? NewStatus { get; init; }

    public int OldAttempt { get; init; }

    public int NewAttempt { get; init; }

    public int OldMaxAttempts { get; init; }

    public int NewMaxAttempts { get; init; }

    public string? NewWorkerId { get; init; }

    public string? OutputAudioPath { get; init; }

    /// <summary>When its transaction committed, in nanoseconds of the monotonic clock.</summary>
    public long CommittedAt { get; init; }
}

/// <summary>The video's row of video_processing_status, and of videos.</summary>
internal sealed record StatusRow
{
    public Guid VideoId { get; init; }

    public string VideoStatus { get; init; } = "";

    public long TotalVoices { get; init; }

    public long CompletedVoices { get; init; }

    public long FailedVoices { get; init; }

    public long PendingVoices { get; init; }
}

/// <summary>All that is known of one video: what was asked, what was answered, and what the database says happened.</summary>
internal sealed record VideoHistory(
    CreatedVideo Created,
    StatusRow? Status,
    IReadOnlyList<VoiceRow> Rows,
    IReadOnlyList<Transition> Transitions,
    IReadOnlyList<Call> Calls,
    IReadOnlyList<Wait> Waits);
