namespace VideoVoice.Sample.Audio;

/// <summary>Files that stand under their final name whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// A name in the folder of <paramref name="path"/>, and so on its file system, where a rename is one step.
    /// Each call gives another: a worker that lost its lease and the one that claimed after it may write the same line at once.
    /// </summary>
    public static string TemporaryNameBeside(string path) => $"{Path.GetFullPath(path)}.{Guid.NewGuid():N}.tmp";

    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file beside <paramref name="path"/> and then renames it, replacing what stood there.
    /// When <paramref name="write"/> throws, the temporary file is deleted and <paramref name="path"/> stays as it was.
    /// The folder is created when it is missing.
    /// </summary>
    public static async Task WriteAsync(string path, Func<FileStream, Task> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = TemporaryNameBeside(path);
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 65536, useAsync: true))
                await write(file);

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
