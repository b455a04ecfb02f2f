namespace VideoVoice.Data.Voices;

/// <summary>What <c>claim_voices.sql</c> asks for.</summary>
internal sealed record ClaimParameters
{
    /// <summary>Whether the claim moves the cursor of its process.</summary>
    internal bool MovesCursor { get; init; }

    /// <summary>Where the claim starts; null for one that looks at the whole queue.</summary>
    internal ClaimCursor.Place? Start { get; init; }

    public required string WorkerId { get; init; }

    public Guid? ClaimId { get; init; }

    public required int Limit { get; init; }

    public required double LeaseSeconds { get; init; }

    public required Guid[] LoadedVoiceMappingIds { get; init; }

    public required double PreferenceSeconds { get; init; }

    public bool HasCursor => Start is not null;

    public int CursorPriority => Start is null ? int.MinValue : -Start.Priority;

    public DateTimeOffset CursorQueued => Start?.QueueAt ?? DateTimeOffset.UnixEpoch;

    public Guid CursorId => Start?.Id ?? Guid.Empty;
}
