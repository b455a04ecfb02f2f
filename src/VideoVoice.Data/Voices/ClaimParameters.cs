namespace VideoVoice.Data.Voices;

/// <summary>What <c>claim_voices.sql</c> and the statements that run with it ask for.</summary>
internal sealed record ClaimParameters
{
    /// <summary>Whether the claim moves the cursor of its process.</summary>
    internal bool MovesCursor { get; init; }

    /// <summary>Where the claim starts.</summary>
    internal required ClaimCursor.Place Start { get; init; }

    /// <summary>Whether lapsed leases and due retries are looked for before it.</summary>
    internal required bool LooksBack { get; init; }

    internal bool HasLoadedVoices => LoadedVoiceMappingIds.Length > 0;

    public required string WorkerId { get; init; }

    public Guid? ClaimId { get; init; }

    public required int Limit { get; init; }

    public required double LeaseSeconds { get; init; }

    public required Guid[] LoadedVoiceMappingIds { get; init; }

    public required double PreferenceSeconds { get; init; }

    public int CursorPriority => Start.CursorPriority;

    public DateTimeOffset CursorQueued => Start.CursorQueued;

    public Guid CursorId => Start.CursorId;
}
