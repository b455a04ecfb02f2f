using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <summary>What <c>claim_voices.sql</c> asks for.</summary>
internal sealed record ClaimParameters
{
    /// <summary>Whether the claim takes part in the marks of its process, and the one that it starts at.</summary>
    internal bool Marks { get; init; }

    internal QueueMark.Place? Mark { get; init; }

    public required string WorkerId { get; init; }

    public Guid? ClaimId { get; init; }

    public required int Limit { get; init; }

    public required double LeaseSeconds { get; init; }

    public required Guid[] LoadedVoiceMappingIds { get; init; }

    public required double PreferenceSeconds { get; init; }

    public bool Marked => Mark is not null;

    public int MarkPriority => Mark is null ? int.MinValue : -Mark.Priority;

    public DateTimeOffset MarkQueued => Mark?.QueueAt ?? DateTimeOffset.UnixEpoch;

    public Guid MarkId => Mark?.Id ?? Guid.Empty;
}
