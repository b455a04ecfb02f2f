namespace VideoVoice.Sample.Audio;

/// <summary>Writes, measures and joins WAV files of integer samples.</summary>
internal static class WavFile
{
    private const int BlockSize = 65536;

    /// <summary>Writes samples into a file, replacing what stood there.</summary>
    /// <param name="path">The file. Its folder is created when it is missing.</param>
    /// <param name="format">The format of the samples.</param>
    /// <param name="pcm">The samples; none makes a valid file of no length.</param>
    /// <param name="cancellationToken">Leaves <paramref name="path"/> as it was.</param>
    /// <exception cref="ArgumentException"><paramref name="pcm"/> ends within a frame.</exception>
    public static Task WriteAsync(string path, WavFormat format, ReadOnlyMemory<byte> pcm, CancellationToken cancellationToken)
    {
        if (pcm.Length % format.BytesPerFrame != 0)
            throw new ArgumentException($"{pcm.Length} bytes are no whole number of frames of {format.BytesPerFrame}.", nameof(pcm));

        return WriteAsync(path, format, pcm.Length, file => file.WriteAsync(pcm, cancellationToken).AsTask(), cancellationToken);
    }

    /// <summary>Reads the format of a file and how long it lasts.</summary>
    /// <exception cref="InvalidDataException">The file is no WAV file of integer samples, or it is truncated; the message names it.</exception>
    public static async Task<WavHeader> ReadHeaderAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = OpenRead(path);
        return await WavHeader.ReadAsync(file, cancellationToken);
    }

    /// <summary>Joins files in the given order into one, without holding them in memory.</summary>
    /// <param name="paths">The files; all of one format.</param>
    /// <param name="output">The file to write, replacing what stood there.</param>
    /// <param name="pause">Silence between two files.</param>
    /// <param name="cancellationToken">Leaves <paramref name="output"/> as it was.</param>
    /// <returns>How long <paramref name="output"/> lasts.</returns>
    /// <exception cref="ArgumentException"><paramref name="paths"/> is empty, or <paramref name="pause"/> is negative.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is no WAV file, is truncated, or has another format than the first; or together they are longer than a WAV file can be.
    /// </exception>
    public static async Task<TimeSpan> JoinAsync(
        IReadOnlyList<string> paths, string output, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
            throw new ArgumentException("There is no file to join.", nameof(paths));

        ArgumentOutOfRangeException.ThrowIfLessThan(pause, TimeSpan.Zero);

        // All headers before the first byte of output: a WAV file begins with its length.
        var headers = new List<WavHeader>(paths.Count);
        foreach (var path in paths)
        {
            var header = await ReadHeaderAsync(path, cancellationToken);
            headers.Add(header);
            if (header.Format != headers[0].Format)
                throw new InvalidDataException($"{path} ({header.Format}) cannot be joined to {paths[0]} ({headers[0].Format}): the formats differ.");
        }

        var format = headers[0].Format;
        var pauseLength = format.BytesOf(pause);
        var length = headers.Sum(header => header.DataLength) + pauseLength * (paths.Count - 1);
        await WriteAsync(output, format, length, WriteAllAsync, cancellationToken);
        return format.DurationOf(length);

        async Task WriteAllAsync(FileStream file)
        {
            for (var i = 0; i < paths.Count; i++)
            {
                if (i > 0)
                    await WriteSilenceAsync(file, format.Silence, pauseLength, cancellationToken);

                await CopySamplesAsync(paths[i], headers[i], file, cancellationToken);
            }
        }
    }

    private static Task WriteAsync(
        string path, WavFormat format, long length, Func<FileStream, Task> writeSamples, CancellationToken cancellationToken)
    {
        if (length > uint.MaxValue - WavHeader.Length)
            throw new InvalidDataException($"{path} would hold {length} bytes of samples, more than a WAV file can count.");

        return AtomicFile.WriteAsync(path, async file =>
        {
            await file.WriteAsync(WavHeader.ToBytes(format, (uint)length), cancellationToken);
            await writeSamples(file);
            if (length % 2 == 1)
                await file.WriteAsync(new byte[1], cancellationToken);
        });
    }

    private static async Task WriteSilenceAsync(FileStream file, byte silence, long length, CancellationToken cancellationToken)
    {
        var block = new byte[Math.Min(length, BlockSize)];
        Array.Fill(block, silence);
        for (; length > 0; length -= block.Length)
            await file.WriteAsync(block.AsMemory(0, (int)Math.Min(length, block.Length)), cancellationToken);
    }

    private static async Task CopySamplesAsync(string path, WavHeader header, FileStream output, CancellationToken cancellationToken)
    {
        await using var file = OpenRead(path);
        file.Position = header.DataOffset;
        var block = new byte[BlockSize];
        for (var left = header.DataLength; left > 0;)
        {
            var read = await file.ReadAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
            if (read == 0)
                throw new InvalidDataException($"{path} became shorter while it was being read.");

            await output.WriteAsync(block.AsMemory(0, read), cancellationToken);
            left -= read;
        }
    }

    private static FileStream OpenRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BlockSize, useAsync: true);
}
