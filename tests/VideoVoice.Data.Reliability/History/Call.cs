using System.Globalization;

namespace VideoVoice.Data.Reliability.History;

/// <summary>What a worker called, or that its synthesizer was given a request.</summary>
internal enum Method
{
    Claim,
    Synthesize,
    Heartbeat,
    Complete,
    Fail,
    FailForGood,
    Release,
    Start,
    CompleteWithoutLease,
}

/// <summary>
/// One call of a worker on one request, with the outcome that it was told. Times are nanoseconds of the machine's monotonic clock, which all processes share and
/// no test changes; the outcome is null where the answer was lost, so that the call may have taken effect or not.
/// </summary>
internal readonly record struct Call(string Worker, Method Method, Guid Voice, int Attempt, WriteOutcome? Outcome, long Start, long End)
{
    /// <summary>As a line of a worker's history file, without the worker, which the file's name tells.</summary>
    internal string Line => string.Create(CultureInfo.InvariantCulture, $"{Method} {Voice:N} {Attempt} {Outcome?.ToString() ?? "Unknown"} {Start} {End}");

    internal static Call Parse(string worker, string line)
    {
        var parts = line.Split(' ');
        return new Call(
            worker,
            Enum.Parse<Method>(parts[0]),
            Guid.ParseExact(parts[1], "N"),
            int.Parse(parts[2], CultureInfo.InvariantCulture),
            parts[3] == "Unknown" ? null : Enum.Parse<WriteOutcome>(parts[3]),
            long.Parse(parts[4], CultureInfo.InvariantCulture),
            long.Parse(parts[5], CultureInfo.InvariantCulture));
    }
}
