using System.Text.RegularExpressions;

namespace VideoVoice.Data.Mutations;

/// <summary>Which tests a mutant meets: those that reach it.</summary>
internal static partial class Tests
{
    /// <summary>What is reached by thousands of tests meets this many of the others.</summary>
    private const int Most = 50;

    /// <summary>Starts dozens of initializers at once, for every statement of the schema: comes last.</summary>
    private const string Slow = ".Schema.MissingDatabaseTests";

    // Tests of text, style and packages would notice anything, and others have nothing to do with the statements. One of the conventions is about what statements do.
    private static readonly string[] s_excluded = ["Containers", "Conventions", "Encryption", "Hangs", "Mutants", "Packaging", "Samples", "Testing"];

    /// <summary>The class is one whose tests mutants meet.</summary>
    internal static bool AreMet(string testClass) => testClass.EndsWith(".FlatCostTests", StringComparison.Ordinal) || !Array.Exists(s_excluded, e => testClass.StartsWith($"VideoVoice.Data.Tests.{e}", StringComparison.Ordinal));

    /// <summary>
    /// The tests that reach a mutant, in the order in which it meets them: of the classes of the same name, because most end there; of those that mirror its folder; and
    /// others, those first that reach the least besides.
    /// </summary>
    /// <param name="mutant">The mutant.</param>
    /// <param name="reached">By class and test, the places.</param>
    internal static string[][] Of(Mutant mutant, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string[]>> reached)
    {
        var name = Pascal().Replace(Path.GetFileName(mutant.File).Split('.')[0], m => m.Value[^1..].ToUpperInvariant());
        var first = FirstOf(name).Select(n => $"{n}Tests").ToHashSet(StringComparer.Ordinal);
        var namespaces = Namespaces(mutant.File).Select(n => $"VideoVoice.Data.Tests.{n}").ToList();
        var tests = reached
            .SelectMany(c => c.Value.Where(t => t.Value.Contains(mutant.Place)).Select(t => (Class: c.Key, Name: t.Key, Places: t.Value.Length)))
            .OrderBy(t => IsSlow(t.Class)).ThenBy(t => t.Places)
            .ToLookup(t => RankOf(t.Class), t => t.Name);
        return [[.. tests[0]], [.. tests[1]], [.. tests[2].Take(Most)]];

        int RankOf(string testClass)
        {
            if (IsSlow(testClass))
                return 2;
            if (first.Contains(testClass[(testClass.LastIndexOf('.') + 1)..]))
                return 0;
            return namespaces.Exists(n => testClass == n || testClass.StartsWith($"{n}.", StringComparison.Ordinal)) ? 1 : 2;
        }

        static bool IsSlow(string testClass) => testClass.EndsWith(Slow, StringComparison.Ordinal);
    }

    private static string[] FirstOf(string name) => name switch
    {
        "GetNextWork" => ["WaitForWork", "ClaimCursor"],
        "NotifyListeners" or "NotifyOnCommit" or "Notifier" => ["WaitForWork", "WaitForVoicesWake", "Notifier"],
        "RegisterListener" or "UnregisterListener" or "Poller" => ["Poller", "WaitForWork"],
        "ListProgress" => ["WaitForVoices", "Watch"],
        "ClaimLoadedVoices" or "GetHead" => ["LoadedVoice", "ClaimCursor"],
        "RequeueLapsedVoices" => ["ExpiredLease"],
        "EnqueueDueRetries" => ["FailVoiceProcessing", "QueueOrder"],
        "ListOutcomes" => ["Fence", "RepeatedWrite", "CompleteVoices"],
        "ConnectionLoss" => ["DatabaseRetry"],
        "Database" => ["LostConnection", "OutOfStep", "CutAnswer"],
        "VideoVoiceOptions" => ["Configuration", "Validation"],
        "ElectReader" => ["Telemetry", "StatusManager"],
        "UpdateVideoCompleted" or "FailVideo" => ["FinishVideo", "RepeatedVideoWrite"],
        "SetDefaultVoiceMapping" or "SetVoiceMapping" => ["OneDefault", "VoiceMappingManager"],
        _ => [name, $"{name}s"],
    };

    private static string[] Namespaces(string file) => file.Split('/') switch
    {
        ["sql", "queue" or "voices", ..] => ["Voices", "Input.OtherRowsTests"],
        ["sql", "videos", ..] => ["Videos", "Voices.ConcurrentWriteTests", "Voices.LockOrderTests", "Input.OtherRowsTests"],
        ["sql", "voice_mappings", ..] => ["VoiceMappings", "Input.OtherRowsTests"],
        ["sql", "settings", ..] => ["Settings", "Input.OtherRowsTests"],
        ["sql", "status", ..] => ["Status"],
        ["sql", "notifications", ..] => ["Notifications"],
        ["sql", "schema", ..] => ["Schema"],
        ["src", "VideoVoice.Data.Hosting", ..] => ["Hosting"],
        ["src", "VideoVoice.Data", "Internal" or "Diagnostics", ..] => ["Internal", "Input.BadInputTests", "Input.TransactionTests"],
        ["src", "VideoVoice.Data", var folder, _] => [folder, "Input.BadInputTests"],
        _ => ["DatabaseConnectionExceptionTests", "RefusedConnectionTests", "Internal", "Hosting.LostConnectionTests", "Input.BadInputTests"],
    };

    [GeneratedRegex("(?:^|_)[a-z]")]
    private static partial Regex Pascal();
}
