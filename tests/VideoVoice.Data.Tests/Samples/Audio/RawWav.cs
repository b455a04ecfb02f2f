using System.Text;

namespace VideoVoice.Data.Tests.Samples.Audio;

/// <summary>WAV files put together byte by byte, as other programs write them.</summary>
internal static class RawWav
{
    /// <summary>Mono, 16 bit.</summary>
    public static byte[] Of(params short[] samples) => Riff(Fmt(), Chunk("data", Pcm(samples)));

    public static byte[] Riff(params byte[][] chunks)
    {
        var body = Concat([Encoding.ASCII.GetBytes("WAVE"), .. chunks]);
        return Concat(Encoding.ASCII.GetBytes("RIFF"), BitConverter.GetBytes(body.Length), body);
    }

    public static byte[] Fmt(int sampleRate = 22050, short channels = 1, short bits = 16, short tag = 1, short? bytesPerFrame = null)
    {
        var frame = bytesPerFrame ?? (short)(channels * bits / 8);
        return Chunk("fmt ", Concat(
            BitConverter.GetBytes(tag), BitConverter.GetBytes(channels), BitConverter.GetBytes(sampleRate),
            BitConverter.GetBytes(sampleRate * frame), BitConverter.GetBytes(frame), BitConverter.GetBytes(bits)));
    }

    /// <summary>With the byte that makes the length even; another <paramref name="size"/> than the true one on demand.</summary>
    public static byte[] Chunk(string id, byte[] content, uint? size = null) => Concat(
        Encoding.ASCII.GetBytes(id), BitConverter.GetBytes(size ?? (uint)content.Length), content, new byte[content.Length % 2]);

    public static byte[] Pcm(params short[] samples) => Concat([.. samples.Select(BitConverter.GetBytes)]);

    public static short[] Samples(string path) => [.. File.ReadAllBytes(path)[44..].Chunk(2).Select(pair => BitConverter.ToInt16(pair))];

    public static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
