using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace VideoVoice.Sample.Audio;

/// <summary>Synthesizes with espeak-ng, one process for each text.</summary>
/// <param name="command">The program, by its name on PATH or by its path.</param>
/// <param name="language">The language that it was looked up for; each call names its own.</param>
internal sealed class EspeakSynthesizer(string command, string language) : ISpeechSynthesizer
{
    // Variants that espeak-ng brings along; one that it does not know would be ignored without an error.
    private static readonly string[] s_variants = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"];

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public string Description => $"speech by espeak-ng, language {language}";

    /// <summary>Whether the program has a voice of its own for the language.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static async Task<bool> HasLanguageAsync(string command, string language, CancellationToken cancellationToken)
    {
        using var table = new MemoryStream();
        await RunAsync(command, [$"--voices={language.Split('-')[0]}"], input: "", table, cancellationToken);

        // Priority, language, age and gender, name, file. The voices under mb/ are listed whether or not MBROLA is installed.
        return Encoding.UTF8.GetString(table.ToArray()).Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(columns => columns.Length >= 5
                && columns[1].Equals(language, StringComparison.OrdinalIgnoreCase)
                && !columns[4].StartsWith("mb/", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">espeak-ng failed, for instance on an unknown language; the message holds its own.</exception>
    public async Task<TimeSpan> SynthesizeAsync(
        string text, string voiceId, string language, string outputPath, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);

        // The option takes paths and variants as well, and this value comes from a database.
        if (language.Length == 0 || !language.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new ArgumentException($"'{language}' is not a language code.", nameof(language));

        var hash = VoiceHash.Of(voiceId);
        var variant = s_variants[hash % s_variants.Length];
        var pitch = 30 + 10 * (hash / s_variants.Length % 5);

        // Not -w: on a full disk that exits with 0 and leaves a well-formed file that ends early.
        string[] arguments = ["-v", $"{language}+{variant}", "-p", pitch.ToString(CultureInfo.InvariantCulture), "-b", "1", "--stdin", "--stdout"];
        var piped = AtomicFile.TemporaryNameBeside(outputPath);
        Directory.CreateDirectory(Path.GetDirectoryName(piped)!);
        try
        {
            await using (var file = new FileStream(piped, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 65536, useAsync: true))
                await RunAsync(command, arguments, text, file, cancellationToken);

            // What comes through a pipe has no length in its header; joining a single file writes the real one.
            return await WavFile.JoinAsync([piped], outputPath, pause: TimeSpan.Zero, cancellationToken);
        }
        finally
        {
            File.Delete(piped);
        }
    }

    private static async Task RunAsync(
        string command, IEnumerable<string> arguments, string input, Stream output, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = s_utf8,
            StandardErrorEncoding = s_utf8,
        })!;
        try
        {
            var feeding = FeedAsync(process, input, cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);

            // Awaited before the others: when the output cannot be written, the process would wait for a reader for ever.
            await process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
            await feeding;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"espeak-ng ended with exit code {process.ExitCode}: {(await errors).Trim()}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);

            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task FeedAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input. Its exit code and its message tell why; a broken pipe does not.
        }
    }
}
