namespace VideoVoice.Sample.Audio;

/// <summary>The format of uncompressed integer samples (PCM).</summary>
/// <param name="SampleRate">Frames a second.</param>
/// <param name="Channels">Samples a frame.</param>
/// <param name="BitsPerSample">A multiple of 8.</param>
internal sealed record WavFormat(int SampleRate, int Channels, int BitsPerSample)
{
    /// <summary>What espeak-ng writes.</summary>
    public static WavFormat Speech { get; } = new(22050, 1, 16);

    /// <summary>One sample of every channel, in bytes.</summary>
    public int BytesPerFrame => Channels * BitsPerSample / 8;

    /// <summary>The byte that silence consists of: samples of 8 bits are unsigned, all others signed.</summary>
    public byte Silence => (byte)(BitsPerSample == 8 ? 0x80 : 0);

    /// <summary>How long so many bytes of samples last.</summary>
    public TimeSpan DurationOf(long bytes) => new(bytes / BytesPerFrame * TimeSpan.TicksPerSecond / SampleRate);

    /// <summary>How many bytes last so long, in whole frames.</summary>
    public long BytesOf(TimeSpan duration) => (long)Math.Round(duration.TotalSeconds * SampleRate) * BytesPerFrame;

    public override string ToString() => $"{SampleRate} Hz, {Channels} channel(s), {BitsPerSample} bit";
}
