using System.Diagnostics;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing.Binaries;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>What pg_dump says of a database, without what depends on the version of pg_dump: comments, settings, blank runs.</summary>
internal static class SchemaDump
{
    private static readonly string s_program = OperatingSystem.IsWindows() ? "pg_dump.exe" : "pg_dump";

    internal static async Task<string> ReadAsync(string connectionString, bool withRows, CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(await FindAsync(), ["--no-owner", "--no-privileges", .. withRows ? Array.Empty<string>() : ["--schema-only"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PGHOST"] = target.Host;
        start.Environment["PGPORT"] = $"{target.Port}";
        start.Environment["PGUSER"] = target.Username;
        start.Environment["PGPASSWORD"] = target.Password;
        start.Environment["PGDATABASE"] = target.Database;
        start.Environment["PGTZ"] = "UTC";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (error.Contains("server version mismatch", StringComparison.Ordinal))
            Assert.Ignore($"pg_dump is older than the server. Install that of the server's version. {error}");

        return process.ExitCode == 0 ? Normalise(await output) : throw new InvalidOperationException($"pg_dump failed: {error}");
    }

    internal static string Normalise(string dump)
    {
        var lines = new List<string>();
        foreach (var line in dump.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("--", StringComparison.Ordinal)
                || line.StartsWith("SET ", StringComparison.Ordinal)
                || line.StartsWith("SELECT pg_catalog.set_config", StringComparison.Ordinal)
                || line.StartsWith(@"\restrict", StringComparison.Ordinal)
                || line.StartsWith(@"\unrestrict", StringComparison.Ordinal)
                || (line.Length == 0 && (lines.Count == 0 || lines[^1].Length == 0)))
                continue;

            lines.Add(line);
        }

        return string.Join('\n', lines).TrimEnd('\n') + "\n";
    }

    private static async Task<string> FindAsync()
    {
        var server = await PostgresServer.GetAsync();
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend(server.Binaries ?? "").Concat(Surroundings.OfThisMachine.InstallationFolders());
        foreach (var folder in folders.Where(f => f.Length > 0))
        {
            var program = Path.Combine(folder, s_program);
            if (File.Exists(program))
                return program;

            // Distributions link some of the server's programs into another folder: pg_dump stands beside what the link points to.
            var postgres = new FileInfo(Path.Combine(folder, "postgres"));
            if (postgres.Exists && postgres.ResolveLinkTarget(returnFinalTarget: true) is { } real && File.Exists(Path.Combine(Path.GetDirectoryName(real.FullName)!, s_program)))
                return Path.Combine(Path.GetDirectoryName(real.FullName)!, s_program);
        }

        Assert.Ignore("pg_dump is missing. Install it: apt-get install postgresql-client (Debian, Ubuntu), dnf install postgresql (Fedora), brew install libpq (macOS).");
        return "";
    }
}
