using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>What <see cref="VoiceManager.CompleteAndClaimVoicesAsync"/> did.</summary>
public sealed record CompleteAndClaimResult
{
    /// <summary>One outcome for each completion, in their order.</summary>
    public required IReadOnlyList<VoiceOutcome> Outcomes
    {
        get;
        init => field = EqualList<VoiceOutcome>.Of(value);
    }

    /// <summary>
    /// The claimed requests in the order of the queue. Fewer than the limit do not mean that the queue is empty: only
    /// <see cref="VoiceManager.ClaimVoicesAsync(VoiceClaim, Npgsql.NpgsqlTransaction?, CancellationToken)"/> looks at all of it.
    /// </summary>
    public required IReadOnlyList<VoiceRequest> Requests
    {
        get;
        init => field = EqualList<VoiceRequest>.Of(value);
    }
}
