namespace VideoVoice.Data;

/// <summary>A row of the table <c>voice_mappings</c>: a voice for characters. All times are UTC.</summary>
public sealed record VoiceMapping
{
    /// <summary>Primary key.</summary>
    public Guid Id { get; init; }

    /// <summary>Unique name, such as <c>aluno</c>; at most 50 characters. A character of this name, in any case, gets this voice.</summary>
    public string VoiceId { get; init; } = "";

    /// <summary>Display name, at most 100 characters.</summary>
    public string VoiceName { get; init; } = "";

    /// <summary>Path of the recording that is cloned, at most 255 characters.</summary>
    public string VoiceFile { get; init; } = "";

    /// <summary>Free text.</summary>
    public string? Description { get; init; }

    /// <summary><c>male</c>, <c>female</c> or <c>other</c>; null when unknown.</summary>
    public string? Gender { get; init; }

    /// <summary>Language code, such as <c>pt-br</c>; at most 10 characters.</summary>
    public string Language { get; init; } = "";

    /// <summary><c>low</c>, <c>medium</c> or <c>high</c>; null when unknown.</summary>
    public string? Quality { get; init; }

    /// <summary>Whether characters without a mapping get this one. A unique index allows one such row.</summary>
    public bool IsDefault { get; init; }

    /// <summary>When the row was inserted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the row last changed; kept by a trigger.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
