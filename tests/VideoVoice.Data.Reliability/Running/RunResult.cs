using System.Globalization;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>
/// What a run did and found: how often each fault happened, the calls in the workers' histories and those of them that got no answer, the changes of requests in the
/// database, and the broken promises, one a line.
/// </summary>
internal sealed record RunResult(
    int Seed, TimeSpan Time, int Videos, int Requests, long Calls, long Transitions, int Waits, int Repeated, IReadOnlyDictionary<string, int> Faults, IReadOnlyList<string> Violations)
{
    internal string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Requests:N0} requests of {Videos:N0} videos, {Faults.Values.Sum():N0} faults, {Calls:N0} calls of workers ({Repeated:N0} without an answer), {Transitions:N0} changes, {Waits:N0} waits, {Time.TotalSeconds:N0} s: {Violations.Count} violations");
}
