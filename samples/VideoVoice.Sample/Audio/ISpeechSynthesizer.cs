namespace VideoVoice.Sample.Audio;

/// <summary>Turns a line of text into a WAV file. One instance may serve several workers at once.</summary>
internal interface ISpeechSynthesizer
{
    /// <summary>What will be heard, in one line for the user.</summary>
    string Description { get; }

    /// <summary>Synthesizes a text into a file, replacing what stood there; the file appears whole or not at all.</summary>
    /// <param name="text">The text, which is not empty.</param>
    /// <param name="voiceId">The voice. The same id always sounds the same, also in another process.</param>
    /// <param name="language">A language code such as pt-br.</param>
    /// <param name="outputPath">The file. Its folder is created when it is missing.</param>
    /// <param name="cancellationToken">Leaves <paramref name="outputPath"/> as it was.</param>
    /// <returns>How long the written file lasts.</returns>
    Task<TimeSpan> SynthesizeAsync(
        string text, string voiceId, string language, string outputPath, CancellationToken cancellationToken);
}
