using System.Diagnostics;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing.Binaries;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>Runs a client program that comes with the server, such as pg_dump, on a database.</summary>
internal static class ServerProgram
{
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, string connectionString, CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(await FindAsync(program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
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
        return (process.ExitCode, await output, error);
    }

    private static async Task<string> FindAsync(string program)
    {
        var file = OperatingSystem.IsWindows() ? $"{program}.exe" : program;
        var server = await PostgresServer.GetAsync();
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend(server.Binaries ?? "").Concat(Surroundings.OfThisMachine.InstallationFolders());
        foreach (var folder in folders.Where(f => f.Length > 0))
        {
            if (File.Exists(Path.Combine(folder, file)))
                return Path.Combine(folder, file);

            // Distributions link some of the server's programs into another folder: the others stand beside what the link points to.
            var postgres = new FileInfo(Path.Combine(folder, "postgres"));
            if (postgres.Exists && postgres.ResolveLinkTarget(returnFinalTarget: true) is { } real && File.Exists(Path.Combine(Path.GetDirectoryName(real.FullName)!, file)))
                return Path.Combine(Path.GetDirectoryName(real.FullName)!, file);
        }

        Assert.Ignore($"{program} is missing. Install it: apt-get install postgresql-client (Debian, Ubuntu), dnf install postgresql (Fedora), brew install libpq (macOS).");
        return "";
    }
}
