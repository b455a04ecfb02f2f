using System.ComponentModel;

namespace VideoVoice.Sample.Audio;

/// <summary>Chooses the best synthesizer of this machine.</summary>
internal static class SpeechSynthesizers
{
    /// <summary>espeak-ng where it is on PATH and has the language, a tone otherwise.</summary>
    /// <param name="language">A language code such as pt-br.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static Task<ISpeechSynthesizer> FindAsync(string language, CancellationToken cancellationToken) =>
        FindAsync(language, "espeak-ng", cancellationToken);

    /// <summary>The same with another program than the espeak-ng on PATH.</summary>
    public static async Task<ISpeechSynthesizer> FindAsync(string language, string command, CancellationToken cancellationToken)
    {
        try
        {
            return await EspeakSynthesizer.HasLanguageAsync(command, language, cancellationToken)
                ? new EspeakSynthesizer(command, language)
                : new ToneSynthesizer($"espeak-ng has no voice for {language}");
        }
        catch (Win32Exception)
        {
            return new ToneSynthesizer("espeak-ng is not installed (apt-get install espeak-ng)");
        }
        catch (InvalidOperationException exception)
        {
            return new ToneSynthesizer(exception.Message);
        }
    }
}
