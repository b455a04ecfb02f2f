namespace VideoVoice.Data;

/// <summary>The state of a video, the enum <c>video_status</c>: pending → processing → completed or failed; failed → pending or processing is a retry.</summary>
public enum VideoStatus
{
    /// <summary>Created; nothing was done yet.</summary>
    Pending,

    /// <summary>Voices and images are being made.</summary>
    Processing,

    /// <summary>The video is finished. Final.</summary>
    Completed,

    /// <summary>The video could not be made; <see cref="Video.ErrorMessage"/> says why.</summary>
    Failed,
}
