namespace VideoVoice.Data;

/// <summary>What <see cref="VoiceManager.WaitForVoicesAsync"/> waited for.</summary>
/// <param name="Status">The counts of the video when the wait ended.</param>
/// <param name="Audio">The audio of the completed requests in the order of the conversation.</param>
public sealed record VoicesResult(VideoProcessingStatus Status, IReadOnlyList<CompletedAudio> Audio)
{
    /// <summary>Whether the video has voices and every one is completed.</summary>
    public bool AllCompleted => Status.TotalVoices > 0 && Status.CompletedVoices == Status.TotalVoices;
}
