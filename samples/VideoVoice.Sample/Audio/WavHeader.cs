using System.Buffers.Binary;

namespace VideoVoice.Sample.Audio;

/// <summary>What stands before the samples of a WAV file, and where the samples stand.</summary>
/// <param name="Format">The format of the samples.</param>
/// <param name="DataOffset">The first byte of the samples, counted from the start of the file.</param>
/// <param name="DataLength">The bytes that are really there, whatever a streaming writer put into the header.</param>
internal sealed record WavHeader(WavFormat Format, long DataOffset, long DataLength)
{
    /// <summary>The length of the header that <see cref="ToBytes"/> makes.</summary>
    public const int Length = 44;

    // A writer that cannot seek back leaves 0x7FFFF000 (espeak-ng, sox) or 0xFFFFFFFF (ffmpeg) for "until the end".
    private const uint SmallestPlaceholder = 0x7FFFF000;

    private const ushort Pcm = 1;

    /// <summary>How long the samples last.</summary>
    public TimeSpan Duration => Format.DurationOf(DataLength);

    /// <summary>The header of a file that holds nothing but <paramref name="dataLength"/> bytes of samples.</summary>
    public static byte[] ToBytes(WavFormat format, uint dataLength)
    {
        var header = new byte[Length];
        var span = header.AsSpan();
        "RIFF"u8.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Length - 8 + dataLength + (dataLength & 1));
        "WAVEfmt "u8.CopyTo(span[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(span[20..], Pcm);
        BinaryPrimitives.WriteUInt16LittleEndian(span[22..], (ushort)format.Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(span[24..], (uint)format.SampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(span[28..], (uint)(format.SampleRate * format.BytesPerFrame));
        BinaryPrimitives.WriteUInt16LittleEndian(span[32..], (ushort)format.BytesPerFrame);
        BinaryPrimitives.WriteUInt16LittleEndian(span[34..], (ushort)format.BitsPerSample);
        "data"u8.CopyTo(span[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[40..], dataLength);
        return header;
    }

    /// <summary>Reads from the start of <paramref name="file"/> up to its samples.</summary>
    /// <exception cref="InvalidDataException">The file is no WAV file of integer samples, or it is truncated; the message names it.</exception>
    public static async Task<WavHeader> ReadAsync(FileStream file, CancellationToken cancellationToken)
    {
        var riff = await ReadBytesAsync(file, 12, cancellationToken);
        if (!riff.AsSpan(0, 4).SequenceEqual("RIFF"u8) || !riff.AsSpan(8, 4).SequenceEqual("WAVE"u8))
            throw Invalid(file, "is not a WAV file");

        WavFormat? format = null;
        while (file.Position < file.Length)
        {
            var chunk = await ReadBytesAsync(file, 8, cancellationToken);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(4));
            var start = file.Position;
            if (chunk.AsSpan(0, 4).SequenceEqual("data"u8))
            {
                if (format is null)
                    throw Invalid(file, "has its samples before their format");

                var riffSize = BinaryPrimitives.ReadUInt32LittleEndian(riff.AsSpan(4));
                return new WavHeader(format, start, DataLengthOf(file, format, size, riffSize));
            }

            if (size > file.Length - start)
                throw Truncated(file, size, file.Length - start);

            if (chunk.AsSpan(0, 4).SequenceEqual("fmt "u8))
                format = ParseFormat(file, await ReadBytesAsync(file, Math.Min(size, 16), cancellationToken));

            // Chunks begin at even offsets; the byte in between is not counted in the size.
            file.Position = start + size + (size & 1);
        }

        throw Invalid(file, "has no samples");
    }

    private static WavFormat ParseFormat(FileStream file, byte[] fmt)
    {
        if (fmt.Length < 16)
            throw Invalid(file, "has a format chunk of less than 16 bytes");

        var tag = BinaryPrimitives.ReadUInt16LittleEndian(fmt);
        var channels = BinaryPrimitives.ReadUInt16LittleEndian(fmt.AsSpan(2));
        var sampleRate = BinaryPrimitives.ReadUInt32LittleEndian(fmt.AsSpan(4));
        var bytesPerFrame = BinaryPrimitives.ReadUInt16LittleEndian(fmt.AsSpan(12));
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(fmt.AsSpan(14));
        if (tag != Pcm)
            throw Invalid(file, $"holds samples of the kind {tag}, not integers (kind {Pcm})");

        if (sampleRate is 0 or > int.MaxValue || bits % 8 != 0 || bytesPerFrame == 0 || bytesPerFrame != (long)channels * bits / 8)
            throw Invalid(file, $"claims {sampleRate} Hz, {channels} channel(s), {bits} bit, {bytesPerFrame} bytes a frame");

        return new WavFormat((int)sampleRate, channels, bits);
    }

    private static long DataLengthOf(FileStream file, WavFormat format, uint size, uint riffSize)
    {
        var rest = file.Length - file.Position;
        // A size of 0 is both "no samples" and "written to a pipe": only the outer size tells them apart.
        var toTheEnd = size >= SmallestPlaceholder ? size > rest : size == 0 && riffSize + 8L != file.Length;
        var length = toTheEnd ? rest : size;
        if (length > rest)
            throw Truncated(file, length, rest);

        if (length % format.BytesPerFrame != 0)
            throw Invalid(file, $"is truncated within a sample: {length} bytes at {format.BytesPerFrame} a frame");

        return length;
    }

    private static async Task<byte[]> ReadBytesAsync(FileStream file, uint count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == count ? bytes : throw Truncated(file, count, read);
    }

    private static InvalidDataException Truncated(FileStream file, long expected, long found) =>
        Invalid(file, $"is truncated: {expected} bytes should follow, {found} do");

    private static InvalidDataException Invalid(FileStream file, string what) => new($"{file.Name} {what}.");
}
