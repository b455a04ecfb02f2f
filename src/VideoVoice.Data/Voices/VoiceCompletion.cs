namespace VideoVoice.Data;

/// <summary>What one attempt stored, for <see cref="VoiceManager.CompleteVoicesAsync"/>.</summary>
/// <param name="Fence">What the claim returned.</param>
/// <param name="OutputAudioPath">Path of the audio, 1 to 500 characters.</param>
/// <param name="RemoteStoragePath">Where the audio is when it is not on a local disk, 1 to 500 characters; null when it is.</param>
public readonly record struct VoiceCompletion(VoiceFence Fence, string OutputAudioPath, string? RemoteStoragePath = null);
