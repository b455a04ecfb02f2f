using System.Text.RegularExpressions;

namespace VideoVoice.Data.Registration;

/// <summary>What the library asks of each session, as start-up options. What the connection string asks for itself stays as it is.</summary>
internal static partial class StartUpOptions
{
    private static readonly (string Name, string Value)[] s_own =
    [
        // With a parameter in LIMIT the server estimates a generic plan too high, so it would plan each claim anew, which costs more than the claim itself.
        ("plan_cache_mode", "force_generic_plan"),
        // A generic plan for a page of fifty would read all videos in parallel, or compile the statement.
        ("max_parallel_workers_per_gather", "0"),
        ("jit", "off"),
        // Each statement is written for one index. A plan that was made while the tables or the queue were empty would read them whole, or sort all that waits,
        // and is kept while they grow.
        // The server adds a high cost to what it cannot do otherwise, for which it would compile such statements, were jit not off.
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        // Each statement is written for read committed. At the higher levels concurrent claims and creates fail with 40001.
        ("default_transaction_isolation", @"read\ committed"),
    ];

    internal static string Add(string? options)
    {
        var asked = SettingPattern().Matches(options ?? "").Select(match => match.Groups[1].Value.Replace('-', '_')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return string.Join(' ', s_own.Where(own => !asked.Contains(own.Name)).Select(own => $"-c {own.Name}={own.Value}").Prepend(options).Where(part => !string.IsNullOrWhiteSpace(part)));
    }

    // -c name=value, -cname=value and --name=value, as the server reads them: a space after an odd number of backslashes belongs to a value.
    [GeneratedRegex(@"(?:^|(?<=(?<!\\)(?:\\\\)*)\s)(?:-c\s*|--)([\w.-]+)\s*=")]
    private static partial Regex SettingPattern();
}
