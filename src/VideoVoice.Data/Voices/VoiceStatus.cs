namespace VideoVoice.Data;

/// <summary>The state of a voice request, the enum <c>voice_status</c>: pending → processing → completed or failed; a retry is pending again.</summary>
public enum VoiceStatus
{
    /// <summary>Waits for a worker.</summary>
    Pending,

    /// <summary>A worker synthesizes it.</summary>
    Processing,

    /// <summary>The audio is stored. Final.</summary>
    Completed,

    /// <summary>No attempt is left, or the error was permanent, or it was cancelled.</summary>
    Failed,
}
