using VideoVoice.Data;
using VideoVoice.Data.Hosting;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Sample;

/// <summary>The voice cloning service's own part: synthesizes a request into a file. The hosted worker does the rest.</summary>
/// <param name="synthesizer">Makes the audio.</param>
/// <param name="folder">Where the audio goes: a folder for each video, a file for each request.</param>
/// <param name="report">Takes one line of text for each request that was synthesized; null reports nothing.</param>
internal sealed class Cloner(ISpeechSynthesizer synthesizer, string folder, Action<string>? report = null) : IVoiceSynthesizer
{
    /// <summary>The language of requests whose mapping names none.</summary>
    public const string DefaultLanguage = "pt-br";

    /// <summary>Synthesizes a request. The file appears whole or not at all, so a worker that lost its lease cannot spoil it.</summary>
    public async Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken)
    {
        // Rows of Python services have no position.
        var name = request.Position is { } position ? $"{position + 1:000}.wav" : $"{request.Id}.wav";
        var path = Path.GetFullPath(Path.Combine(folder, request.VideoId.ToString(), name));
        var voice = request.MappingVoiceId ?? request.CharacterName ?? "";
        var duration = await synthesizer.SynthesizeAsync(request.TextContent, voice, request.Language ?? DefaultLanguage, path, cancellationToken);
        report?.Invoke($"{request.CharacterName}: {request.TextContent} → {path} ({duration.TotalSeconds:0.0} s, attempt {request.Attempt})");
        return new SynthesizedVoice(path);
    }
}
