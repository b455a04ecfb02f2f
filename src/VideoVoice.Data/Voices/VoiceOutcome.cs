namespace VideoVoice.Data;

/// <summary>What a write over many requests did to one of them.</summary>
/// <param name="VoiceId">The request.</param>
/// <param name="Outcome">What became of it.</param>
public readonly record struct VoiceOutcome(Guid VoiceId, WriteOutcome Outcome)
{
    internal sealed record Row
    {
        public Guid VoiceId { get; init; }

        public string? Outcome { get; init; }
    }
}
