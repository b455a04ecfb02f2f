namespace VideoVoice.Data.Hosting;

/// <summary>Where the audio of a synthesized request is.</summary>
/// <param name="OutputAudioPath">Path, 1 to 500 characters. Make it depend on the request's attempt, or write it whole and rename: a worker that lost its lease may still be writing.</param>
/// <param name="RemoteStoragePath">Where the audio is when it is not on a local disk, 1 to 500 characters; null when it is.</param>
public sealed record SynthesizedVoice(string OutputAudioPath, string? RemoteStoragePath = null);
