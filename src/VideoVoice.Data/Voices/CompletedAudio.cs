namespace VideoVoice.Data;

/// <summary>The audio of one completed request (<c>list_completed_audio_paths.sql</c>).</summary>
public sealed record CompletedAudio
{
    /// <summary>The video that the request belongs to.</summary>
    public Guid VideoId { get; init; }

    /// <summary>The request.</summary>
    public Guid VoiceId { get; init; }

    /// <summary>Place in the conversation, from 0; null in rows of Python services.</summary>
    public int? Position { get; init; }

    /// <summary>The character's name; null only in rows that other services wrote.</summary>
    public string? CharacterName { get; init; }

    /// <summary>Path of the audio; null only where another service completed a request without one.</summary>
    public string? OutputAudioPath { get; init; }

    /// <summary>Whether the path is on a local disk.</summary>
    public bool IsLocalStorage { get; init; }

    /// <summary>Where the audio is when it is not local.</summary>
    public string? RemoteStoragePath { get; init; }
}
