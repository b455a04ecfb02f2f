namespace VideoVoice.Data;

/// <summary>A row of the table <c>voices</c>: a request to synthesize one line of a conversation. All times are UTC, taken from the server's clock, in microseconds.</summary>
public sealed record Voice
{
    /// <summary>Primary key.</summary>
    public Guid Id { get; init; }

    /// <summary>The video that the request belongs to.</summary>
    public Guid VideoId { get; init; }

    /// <summary>The mapping asked for or resolved at creation; null, as in rows of Python services, means: resolve the character's name when the request is claimed.</summary>
    public Guid? VoiceMappingId { get; init; }

    /// <summary>Place in the conversation, from 0, unique in the video; null in rows of Python services, which come after the others.</summary>
    public int? Position { get; init; }

    /// <summary>The character's name, at most 100 characters; null only in rows that other services wrote.</summary>
    public string? CharacterName { get; init; }

    /// <summary>The text to synthesize.</summary>
    public string TextContent { get; init; } = "";

    /// <summary>State. A null in the table, which no service writes, reads as <see cref="VoiceStatus.Pending"/>.</summary>
    public VoiceStatus Status { get; init; }

    /// <summary>Path of the audio; set when the request completes.</summary>
    public string? OutputAudioPath { get; init; }

    /// <summary>Whether <see cref="OutputAudioPath"/> is on a local disk; true unless a worker reported remote storage.</summary>
    public bool IsLocalStorage { get; init; }

    /// <summary>Where the audio is when it is not local; at most 500 characters.</summary>
    public string? RemoteStoragePath { get; init; }

    /// <summary>The last error; null when there was none, or when a later attempt completed.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Taken from the video when the request was created; a higher number is claimed first.</summary>
    public int Priority { get; init; }

    /// <summary>How often the request was claimed or started; 0 at first. With <see cref="Id"/> it is the fence of a worker's writes.</summary>
    public int Attempt { get; init; }

    /// <summary>How many attempts a request has before it fails for good.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>How many attempts have failed since the last retry by hand; the delay before the next attempt grows with it.</summary>
    public int Failures { get; init; }

    /// <summary>The worker that holds or last held the lease; null for requests that a Python service started.</summary>
    public string? WorkerId { get; init; }

    /// <summary>When the lease ends; null when nobody holds one.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; init; }

    /// <summary>The place in the queue: the time of creation plus a step for each position. Null in finished rows from before this library.</summary>
    public DateTimeOffset? QueueAt { get; init; }

    /// <summary>Not claimed before this time; null: at once. Set by a retry.</summary>
    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>When the last attempt began.</summary>
    public DateTimeOffset? ProcessingStartedAt { get; init; }

    /// <summary>When the request completed or failed.</summary>
    public DateTimeOffset? ProcessingCompletedAt { get; init; }

    /// <summary>When the row was inserted; requests created in one statement differ by a microsecond each, in their order.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the row last changed; kept by a trigger.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
