using System.Diagnostics;
using System.Runtime.Versioning;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>A program of a few lines for the shell.</summary>
[UnsupportedOSPlatform("windows")]
internal static class Script
{
    /// <summary>
    /// Another process writes the file: a file that this one has open for writing is open, too, in a child that some other test starts in that moment, until
    /// the child runs its own program. Whoever runs the file meanwhile is told "text file busy".
    /// </summary>
    internal static async Task WriteAsync(string path, string body, string shell = "/bin/sh")
    {
        using var writer = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat > \"$0\" && chmod 700 \"$0\"", path]) { RedirectStandardInput = true })!;
        await writer.StandardInput.WriteAsync($"#!{shell}\n{body}\n");
        writer.StandardInput.Close();
        await writer.WaitForExitAsync();
        if (writer.ExitCode != 0)
            throw new IOException($"{path} could not be written: exit code {writer.ExitCode}.");
    }
}
