namespace VideoVoice.Data;

/// <summary>The fence of a worker's writes: they count only while the row's attempt is this one and has its lease.</summary>
/// <param name="VoiceId">The request.</param>
/// <param name="Attempt">The attempt that the claim returned, from 1.</param>
public readonly record struct VoiceFence(Guid VoiceId, int Attempt);
