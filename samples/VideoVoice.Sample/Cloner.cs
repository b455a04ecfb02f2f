using VideoVoice.Data;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Sample;

/// <summary>The voice cloning service's own part: speaks a line into a file. It knows nothing of the queue.</summary>
/// <param name="synthesizer">Speaks.</param>
/// <param name="folder">Where the audio goes: a folder a video, a file a line.</param>
internal sealed class Cloner(ISpeechSynthesizer synthesizer, string folder)
{
    /// <summary>The language of lines whose mapping names none.</summary>
    public const string DefaultLanguage = "pt-br";

    /// <summary>Speaks a line. The file appears whole or not at all.</summary>
    /// <returns>The file's absolute path and how long it lasts.</returns>
    public async Task<(string Path, TimeSpan Duration)> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken)
    {
        // Rows of Python services have no position.
        var name = request.Position is { } position ? $"{position + 1:000}.wav" : $"{request.Id}.wav";
        var path = Path.GetFullPath(Path.Combine(folder, request.VideoId.ToString(), name));
        var voice = request.MappingVoiceId ?? request.CharacterName ?? "";
        return (path, await synthesizer.SynthesizeAsync(request.TextContent, voice, request.Language ?? DefaultLanguage, path, cancellationToken));
    }
}
