namespace VideoVoice.Data.Tests.Testing;

/// <summary>
/// A folder for one test, open to the user who runs a server for root. Servers started in it are seen by no other test's sweep.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal TemporaryFolder(UnixFileMode more = UnixFileMode.None)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode readAndWalk = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(Path, readAndWalk | more);
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("videovoice-test-").FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (IOException) when (tries < 50)
            {
                // A watchdog deletes its server's folder at the same time.
                Thread.Sleep(100);
            }
        }
    }
}
