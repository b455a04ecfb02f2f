using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Testing.Binaries;

/// <summary>What is read of the machine: its environment variables, where packages install PostgreSQL, and where a download is kept.</summary>
internal sealed record Surroundings
{
    internal const string BinariesVariable = "VIDEOVOICE_POSTGRES_BIN";
    internal const string VersionVariable = "VIDEOVOICE_POSTGRES_VERSION";
    internal const string ConnectionVariable = "VIDEOVOICE_TEST_CONNECTION";

    /// <summary>Paths in which a part may be a pattern.</summary>
    internal required IReadOnlyList<string> InstallationPatterns { get; init; }

    internal required string CacheFolder { get; init; }

    internal required Func<string, string?> ReadVariable { get; init; }

    internal static Surroundings OfThisMachine => new()
    {
        InstallationPatterns = PatternsOfThisSystem(),
        CacheFolder = CacheOfThisUser(),
        ReadVariable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Null also when the variable is blank, as CI systems leave it.</summary>
    internal string? Variable(string name) => ReadVariable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    /// <summary>The full path of a program on PATH; null when it is not there.</summary>
    internal string? OnPath(params ReadOnlySpan<string> names)
    {
        foreach (var folder in (Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var name in names)
            {
                var path = Path.Combine(folder, name);
                if (File.Exists(path)) return Path.GetFullPath(path);
            }
        }

        return null;
    }

    internal IEnumerable<string> InstallationFolders() => InstallationPatterns.SelectMany(Expand).Distinct();

    private static IEnumerable<string> Expand(string pattern)
    {
        IEnumerable<string> found = [Path.GetPathRoot(pattern)!];
        foreach (var part in pattern[Path.GetPathRoot(pattern)!.Length..].Split('/', Path.DirectorySeparatorChar))
        {
            found = part.Contains('*')
                ? found.SelectMany(folder => Directory.EnumerateDirectories(folder, part))
                : found.Select(folder => Path.Combine(folder, part)).Where(Directory.Exists);
        }

        return found;
    }

    private static IReadOnlyList<string> PatternsOfThisSystem()
    {
        if (OperatingSystem.IsWindows()) return [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")];
        if (OperatingSystem.IsMacOS())
        {
            return
            [
                "/opt/homebrew/opt/postgresql*/bin",
                "/usr/local/opt/postgresql*/bin",
                "/Applications/Postgres.app/Contents/Versions/*/bin",
                "/Library/PostgreSQL/*/bin",
            ];
        }

        return ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin"];
    }

    private static string CacheOfThisUser()
    {
        const string name = "videovoice-postgres";
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), name);
        // Also where HOME names a folder that is not there.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache");
        // The home of root is closed to the user who runs the server for root.
        return Path.Combine(ServerUser.CanReach(cache) ? cache : "/var/cache", name);
    }
}
