using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Rivals;

/// <summary>pgbench with the library's claim and completion, one client a request, prepared: what the server gives when a client does nothing but send.</summary>
internal static partial class Pgbench
{
    private static readonly Dictionary<string, string> s_claim = new()
    {
        // Variables become parameters. With literals the server would plan a statement that no client sends.
        ["workerId"] = ":worker::text",
        ["claimId"] = "null::uuid",
        ["limit"] = ":limit::integer",
        ["leaseSeconds"] = ":lease::float8",
        // Each client carries the cursor in the columns of its last claim.
        ["cursorPriority"] = "(- :c_priority::integer)",
        ["cursorQueued"] = ":c_queue_at::timestamptz",
        ["cursorId"] = ":c_id::uuid",
    };

    private static readonly Dictionary<string, string> s_complete = new()
    {
        ["ids"] = "array[:c_id::uuid]",
        ["attempts"] = "array[:c_attempt::integer]",
        ["outputAudioPaths"] = "array[:path::text]",
        ["areLocalStorage"] = "array[true]",
        ["remoteStoragePaths"] = "array[null::text]",
    };

    /// <summary>Cycles (claim and completion) a second, and how many there were.</summary>
    internal static async Task<(double Rate, long Cycles)> CyclesAsync(TestDatabase database, int clients)
    {
        var script = $"""
            {Fill("voices/claim_voices", s_claim)} \gset c_
            {Fill("voices/complete_voices", s_complete)};
            """;
        var seconds = Math.Max(1, (int)Math.Round(database.Options.Time.TotalSeconds));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script);
            var output = await RunAsync(database, "-n", "-M", "prepared", "-c", $"{clients}", "-j", "2", "-T", $"{seconds}", "-f", file,
                "-D", "worker=pgbench", "-D", "limit=1", "-D", "lease=60", "-D", "path=/audio/line.wav",
                "-D", "c_priority=2147483647", "-D", "c_queue_at=1970-01-01", "-D", "c_id=00000000-0000-0000-0000-000000000000");
            var match = RatePattern().Match(output);
            if (!match.Success)
                throw new InvalidOperationException($"pgbench reports no rate: {output}");
            return (double.Parse(match.Groups["rate"].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups["cycles"].Value, CultureInfo.InvariantCulture));
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static async Task<string?> VersionAsync(Arena arena)
    {
        try
        {
            return (await ProcessOutput.RunAsync(Find(arena), [], "--version")).Output.Trim();
        }
        catch (NotInstalledException)
        {
            return null;
        }
    }

    // Comments go: pgbench takes a colon in them for a variable.
    private static string Fill(string statement, Dictionary<string, string> values) =>
        ParameterPattern().Replace(CommentPattern().Replace(Sql.Get(statement), ""), match => values[match.Groups["name"].Value]).Trim().TrimEnd(';');

    private static async Task<string> RunAsync(TestDatabase database, params string[] arguments)
    {
        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var (code, output, error) = await ProcessOutput.RunAsync(
            Find(database.Arena),
            new() { ["PGPASSWORD"] = target.Password, ["PGOPTIONS"] = TestDatabase.StartUp },
            [.. arguments, "-h", target.Host!, "-p", $"{target.Port}", "-U", target.Username!, target.Database!]);
        return code == 0 ? output : throw new InvalidOperationException($"pgbench: {error}{output}");
    }

    private static string Find(Arena arena)
    {
        var name = OperatingSystem.IsWindows() ? "pgbench.exe" : "pgbench";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Prepend(arena.Server.Binaries ?? ".").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new NotInstalledException("pgbench is neither beside the server's programs nor on PATH; it comes with PostgreSQL (Debian: postgresql, postgresql-contrib).");
    }

    [GeneratedRegex(@"@(?<name>\w+)", RegexOptions.ExplicitCapture)]
    private static partial Regex ParameterPattern();

    [GeneratedRegex("--.*$", RegexOptions.Multiline)]
    private static partial Regex CommentPattern();

    [GeneratedRegex(@"actually processed: (?<cycles>\d+).*tps = (?<rate>[\d.]+)", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex RatePattern();
}
