using System.Text.RegularExpressions;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Testing.Binaries;

/// <summary>A folder with initdb, pg_ctl and postgres, and the version of that postgres.</summary>
internal sealed partial record PostgresBinaries(string Folder, Version Version)
{
    internal const int OldestMajor = 14;

    private static readonly string s_suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    internal string Initdb => Path.Combine(Folder, "initdb" + s_suffix);

    internal string PgCtl => Path.Combine(Folder, "pg_ctl" + s_suffix);

    /// <summary>Those that were named, else those installed, else those npm brings.</summary>
    /// <exception cref="LocalPostgresException">There are none that fit; the message names every way to get some.</exception>
    internal static async Task<PostgresBinaries> FindAsync(LocalPostgresOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var major = options.MajorVersion ?? MajorVersion(surroundings);
        if ((options.BinariesPath ?? surroundings.Variable(Surroundings.BinariesVariable)) is { } named)
            return await ReadNamedAsync(Path.GetFullPath(named), major, cancellationToken).ConfigureAwait(false);

        if (FolderOnPath(surroundings) is { } onPath
            && await ReadAsync(onPath, cancellationToken).ConfigureAwait(false) is { } first && first.Fits(major)) return first;

        PostgresBinaries? newest = null;
        foreach (var folder in surroundings.InstallationFolders())
        {
            var found = await ReadAsync(folder, cancellationToken).ConfigureAwait(false);
            if (found is not null && found.Fits(major) && (newest is null || found.Version > newest.Version)) newest = found;
        }

        if (newest is not null) return newest;

        var package = NpmPackage.For(major);
        if (package is not null && surroundings.OnPath("npm" + NpmPackage.ScriptSuffix) is { } npm && surroundings.OnPath("node" + s_suffix) is { } node)
        {
            var folder = await package.InstallAsync(npm, node, surroundings.CacheFolder, options.WriteLog, cancellationToken).ConfigureAwait(false);
            return await ReadNamedAsync(folder, major, cancellationToken).ConfigureAwait(false);
        }

        throw new LocalPostgresException(Ways(major, package, surroundings));
    }

    private bool Fits(int? major) => Version.Major >= OldestMajor && (major is null || Version.Major == major);

    private static int? MajorVersion(Surroundings surroundings)
    {
        if (surroundings.Variable(Surroundings.VersionVariable) is not { } text) return null;
        return int.TryParse(text, out var major)
            ? major
            : throw new LocalPostgresException($"{Surroundings.VersionVariable} is '{text}': it takes a major version such as 17.");
    }

    private static async Task<PostgresBinaries> ReadNamedAsync(string folder, int? major, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(folder, cancellationToken).ConfigureAwait(false)
            ?? throw new LocalPostgresException($"{folder} was named as the folder of PostgreSQL's programs, but initdb, pg_ctl and postgres are not all there, or do not run.");
        if (found.Fits(major)) return found;
        throw new LocalPostgresException($"{folder} was named as the folder of PostgreSQL's programs. It holds version {found.Version}; wanted is {major?.ToString() ?? $"{OldestMajor} or newer"}.");
    }

    /// <summary>Null when the folder lacks a program, or they do not run on this machine.</summary>
    private static async Task<PostgresBinaries?> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var postgres = Path.Combine(folder, "postgres" + s_suffix);
        var found = new PostgresBinaries(folder, new Version());
        if (!File.Exists(postgres) || !File.Exists(found.Initdb) || !File.Exists(found.PgCtl)) return null;
        try
        {
            var result = await new Command(postgres, "--version").RunAsync(cancellationToken).ConfigureAwait(false);
            var match = VersionPattern().Match(result.Output);
            if (result.ExitCode != 0 || !match.Success) return null;
            var minor = match.Groups["minor"].Success ? int.Parse(match.Groups["minor"].Value) : 0;
            return found with { Version = new Version(int.Parse(match.Groups["major"].Value), minor) };
        }
        catch (LocalPostgresException)
        {
            return null;
        }
    }

    // Distributions link single programs into PATH: the others stand beside what the link points to.
    private static string? FolderOnPath(Surroundings surroundings)
    {
        if (surroundings.OnPath("initdb" + s_suffix) is not { } initdb) return null;
        return Path.GetDirectoryName(File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName ?? initdb);
    }

    private static string Ways(int? major, NpmPackage? package, Surroundings surroundings)
    {
        var wanted = major?.ToString() ?? $"{OldestMajor} or newer";
        var number = major ?? NpmPackage.DefaultMajor;
        var npm = package is null
            ? $"npm cannot help: no package is pinned for version {number} on {NpmPackage.Platform}."
            : $"Install Node.js with npm (apt-get install npm, brew install node, winget install OpenJS.NodeJS): {package} is then installed without further asking.";
        return string.Join(
            Environment.NewLine,
            $"No PostgreSQL (version {wanted}) was found to start a server with. Any one of these is enough:",
            $"- Install it: apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-server (Fedora), brew install postgresql@{number} (macOS), winget install PostgreSQL.PostgreSQL.{number} (Windows).",
            $"- Set {Surroundings.BinariesVariable} to the folder that holds initdb, pg_ctl and postgres.",
            $"- {npm}",
            $"- Set {Surroundings.ConnectionVariable} to the connection string of a running server whose user may create databases.",
            $"Searched: PATH, {string.Join(", ", surroundings.InstallationPatterns)}.");
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)(\.(?<minor>\d+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex VersionPattern();
}
