namespace VideoVoice.Data;

/// <summary>What <see cref="VoiceManager.CompleteAndClaimVoicesAsync"/> did.</summary>
/// <param name="Outcomes">One outcome for each completion, in their order.</param>
/// <param name="Requests">
/// The claimed requests in the order of the queue. Fewer than the limit do not say that the queue is empty: in a process that claims more than 1,000 a second
/// only a <see cref="VoiceManager.ClaimVoicesAsync"/> looks at all of it.
/// </param>
public sealed record CompleteAndClaimResult(IReadOnlyList<VoiceOutcome> Outcomes, IReadOnlyList<VoiceRequest> Requests);
