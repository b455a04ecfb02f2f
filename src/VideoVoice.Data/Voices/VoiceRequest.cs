namespace VideoVoice.Data;

/// <summary>What a worker needs to synthesize a request: columns of <c>voices</c> and, joined, of the mapping that the request resolved to.</summary>
public sealed record VoiceRequest
{
    /// <summary>Primary key of the request.</summary>
    public Guid Id { get; init; }

    /// <summary>The video that the request belongs to.</summary>
    public Guid VideoId { get; init; }

    /// <summary>Place in the conversation, from 0; null in rows of Python services.</summary>
    public int? Position { get; init; }

    /// <summary>The character's name; null only in rows that other services wrote.</summary>
    public string? CharacterName { get; init; }

    /// <summary>The text to synthesize.</summary>
    public string TextContent { get; init; } = "";

    /// <summary>The attempt that this is, from 1, once claimed; in a list of pending requests, how many there were.</summary>
    public int Attempt { get; init; }

    /// <summary>How many attempts the request has before it fails for good.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>The request's priority.</summary>
    public int Priority { get; init; }

    /// <summary>W3C <c>traceparent</c> of the activity that created the request; null when there was none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the row was inserted, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The place in the queue, UTC; see <see cref="Voice.QueueAt"/>.</summary>
    public DateTimeOffset? QueueAt { get; init; }

    /// <summary>Seconds from when the request could start (its creation, or the end of a retry's delay) until it was read, by the server's clock.</summary>
    public double WaitedSeconds { get; init; }

    /// <summary>The worker whose lease had ended when this claim took the request over; null for a request that was pending.</summary>
    public string? PreviousWorkerId { get; init; }

    /// <summary>The mapping asked for or, where none was, the one that the character's name resolves to; null when there is none, not even a default.</summary>
    public Guid? VoiceMappingId { get; init; }

    /// <summary>The mapping's <c>voice_id</c>; null without a mapping.</summary>
    public string? MappingVoiceId { get; init; }

    /// <summary>The mapping's <c>voice_file</c>: the recording that is cloned; null without a mapping.</summary>
    public string? VoiceFile { get; init; }

    /// <summary>The mapping's language code, such as <c>pt-br</c>; null without a mapping.</summary>
    public string? Language { get; init; }

    /// <summary>What proves that a later write is this attempt's.</summary>
    public VoiceFence Fence => new(Id, Attempt);
}
