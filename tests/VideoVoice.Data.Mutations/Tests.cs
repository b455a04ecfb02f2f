using System.Text.RegularExpressions;

namespace VideoVoice.Data.Mutations;

/// <summary>
/// Which tests must notice a mutant: those that mirror its file, the class of the same name first, because most end there. Tests of text, style and packages would
/// notice anything.
/// </summary>
internal static partial class Tests
{
    /// <summary>Those among the classes that must notice it: first those of the same name, then the others.</summary>
    internal static string[][] Of(Mutant mutant, IEnumerable<string> classes)
    {
        var name = Pascal().Replace(Path.GetFileName(mutant.File).Split('.')[0], m => m.Value[^1..].ToUpperInvariant());
        var first = FirstOf(name).Select(n => $"{n}Tests").ToHashSet(StringComparer.Ordinal);
        var namespaces = Namespaces(mutant.File).Select(n => $"VideoVoice.Data.Tests.{n}").ToList();
        var all = classes
            .Where(c => first.Contains(c[(c.LastIndexOf('.') + 1)..]) || namespaces.Exists(n => c == n || c.StartsWith($"{n}.", StringComparison.Ordinal)))
            .ToLookup(c => first.Contains(c[(c.LastIndexOf('.') + 1)..]));
        return [[.. all[true]], [.. all[false]]];
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
