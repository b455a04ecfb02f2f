using System.Diagnostics;
using System.Globalization;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>A small disk: a file system in memory, which a fault may fill. It goes away with its process, unless that is killed.</summary>
internal sealed class Disk : IDisposable
{
    private int _disposed;

    private Disk(string folder)
    {
        Folder = folder;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Whether this process may mount one.</summary>
    internal static bool IsPossible => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    internal string Folder { get; }

    internal static Disk Mount(int megabytes)
    {
        var folder = Directory.CreateTempSubdirectory("videovoice-disk-").FullName;
        Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,mode=0711"), "tmpfs", folder);
        return new Disk(folder);
    }

    /// <summary>Fills it, and returns the file that does.</summary>
    internal string Fill()
    {
        var ballast = Path.Combine(Folder, "ballast");
        using var file = File.Create(ballast);
        var chunk = new byte[1 << 20];
        try
        {
            while (true)
                file.Write(chunk);
        }
        catch (IOException)
        {
            return ballast;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        // Lazily: a server that has not ended yet keeps it until it has.
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static void Run(string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with exit code {process.ExitCode}.");
    }

    private void OnExit(object? sender, EventArgs e) => Dispose();
}
