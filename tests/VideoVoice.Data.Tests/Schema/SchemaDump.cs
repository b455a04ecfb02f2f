using NUnit.Framework;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>What pg_dump says of a database, without what depends on the version of pg_dump: comments, settings, blank runs.</summary>
internal static class SchemaDump
{
    internal static async Task<string> ReadAsync(string connectionString, CancellationToken cancellationToken)
    {
        var (exitCode, output, error) = await ServerProgram.RunAsync(
            "pg_dump", connectionString, cancellationToken, "--no-owner", "--no-privileges", "--schema-only");
        if (error.Contains("server version mismatch", StringComparison.Ordinal))
            Assert.Ignore($"pg_dump is older than the server. Install that of the server's version. {error}");

        return exitCode == 0 ? Normalise(output) : throw new InvalidOperationException($"pg_dump failed: {error}");
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
}
