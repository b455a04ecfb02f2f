namespace VideoVoice.Data.Testing.Server;

/// <summary>initdb and postgres refuse to run as root: for root they run as another user.</summary>
internal static class ServerUser
{
    private static readonly string[] s_candidates = ["postgres", "nobody"];

    /// <summary>Null: the server runs as the user of this process.</summary>
    /// <exception cref="LocalPostgresException">This process is root's and there is no user to run the server.</exception>
    internal static string? Find()
    {
        if (!NeedsAnother) return null;
        var names = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        return s_candidates.FirstOrDefault(names.Contains)
            ?? throw new LocalPostgresException(
                "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody to run it. Add one: useradd --system postgres");
    }

    /// <summary>False when the server would run as another user who cannot walk down to the folder.</summary>
    internal static bool CanReach(string folder)
    {
        if (!NeedsAnother || OperatingSystem.IsWindows()) return true;
        for (var step = new DirectoryInfo(folder); step is not null; step = step.Parent)
        {
            if (step.Exists && !step.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        }

        return true;
    }

    private static bool NeedsAnother => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;
}
