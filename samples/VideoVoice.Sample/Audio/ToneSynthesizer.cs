using System.Buffers.Binary;
using System.Globalization;

namespace VideoVoice.Sample.Audio;

/// <summary>Stands in where no speech synthesizer is installed: a tone as long as the text would take to say.</summary>
/// <param name="reason">Why there is no speech.</param>
internal sealed class ToneSynthesizer(string reason) : ISpeechSynthesizer
{
    private const int MillisecondsPerCharacter = 55;
    private const double Amplitude = 0.3 * short.MaxValue;

    // Without a fade the tone begins and ends with a click.
    private static readonly TimeSpan s_fade = TimeSpan.FromMilliseconds(10);

    public string Description => $"a tone of each text's length instead of speech: {reason}";

    /// <summary>One of 25 semitones from 131 to 523 Hz.</summary>
    public static double FrequencyOf(string voiceId) => 130.81 * Math.Pow(2, VoiceHash.Of(voiceId) % 25 / 12.0);

    public async Task<TimeSpan> SynthesizeAsync(
        string text, string voiceId, string language, string outputPath, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        var characters = new StringInfo(text).LengthInTextElements;
        var duration = TimeSpan.FromMilliseconds(MillisecondsPerCharacter * (double)characters);
        await WavFile.WriteAsync(outputPath, WavFormat.Speech, Tone(FrequencyOf(voiceId), duration), cancellationToken);
        return (await WavFile.ReadHeaderAsync(outputPath, cancellationToken)).Duration;
    }

    private static byte[] Tone(double frequency, TimeSpan duration)
    {
        var pcm = new byte[WavFormat.Speech.BytesOf(duration)];
        var samples = pcm.Length / sizeof(short);
        var fade = s_fade.TotalSeconds * WavFormat.Speech.SampleRate;
        for (var i = 0; i < samples; i++)
        {
            var envelope = Math.Min(1, Math.Min(i, samples - 1 - i) / fade);
            var sample = Amplitude * envelope * Math.Sin(2 * Math.PI * frequency * i / WavFormat.Speech.SampleRate);
            BinaryPrimitives.WriteInt16LittleEndian(pcm.AsSpan(i * sizeof(short)), (short)sample);
        }

        return pcm;
    }
}
