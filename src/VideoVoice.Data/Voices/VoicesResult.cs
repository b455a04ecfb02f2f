using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>What <see cref="VoiceManager.WaitForVoicesAsync"/> waited for.</summary>
public sealed record VoicesResult
{
    /// <summary>The counts of the video when the wait ended.</summary>
    public required VideoProcessingStatus Status { get; init; }

    /// <summary>The audio of the completed requests in the order of the conversation.</summary>
    public required IReadOnlyList<CompletedAudio> Audio
    {
        get;
        init => field = EqualList<CompletedAudio>.Of(value);
    }

    /// <summary>Whether the video has voices and every one is completed.</summary>
    public bool AllCompleted => Status.TotalVoices > 0 && Status.CompletedVoices == Status.TotalVoices;
}
