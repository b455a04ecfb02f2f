using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>One row of the table of goals: what is measured, who takes part, and what is promised.</summary>
/// <param name="Name">For --only.</param>
/// <param name="Title">What the work is.</param>
/// <param name="Metrics">What a round of any contender returns, in this order.</param>
/// <param name="Limit">The contender whose figures are 1.00; null when there is none.</param>
/// <param name="Contenders">In the order in which they take turns.</param>
/// <param name="Goals">The promises.</param>
internal sealed record Benchmark(
    string Name, string Title, Metric[] Metrics, string? Limit, Contender[] Contenders, Goal[] Goals)
{
    /// <summary>Rounds, where one takes too long for the usual number.</summary>
    internal int? Rounds { get; init; }

    /// <summary>Whether the report has a column for each contender: for many metrics of few contenders.</summary>
    internal bool Across { get; init; }

    /// <summary>What a reader has to know to read the figures.</summary>
    internal string? Remark { get; init; }
}

/// <summary>What one figure of a round means.</summary>
internal sealed record Metric(string Name, string Unit)
{
    internal static readonly Metric PerSecond = new("throughput", "/s");
    internal static readonly Metric Bytes = new("allocated", "bytes/op");
    internal static readonly Metric ClientTime = new("client", "µs/op");
    internal static readonly Metric ServerTime = new("server", "µs/op");
    internal static readonly Metric Wal = new("WAL", "bytes/op");
}

/// <summary>Who does the work: one round prepares, times and verifies, and returns a figure for each metric.</summary>
/// <param name="Name">In the table.</param>
/// <param name="RoundAsync">One round on a database that no other contender sees.</param>
internal sealed record Contender(string Name, Func<TestDatabase, Task<double[]>> RoundAsync)
{
    /// <summary>What the contender's database is copied from.</summary>
    internal string Template { get; init; } = Templates.Current;
}

/// <summary>A bound for a median of one contender, or for its ratio to that of another.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="Contender">Whose.</param>
/// <param name="Against">The other; null: the figure itself is bounded.</param>
/// <param name="Bound">The bound.</param>
/// <param name="AtLeast">Whether more is better.</param>
internal sealed record Goal(string Metric, string Contender, string? Against, double Bound, bool AtLeast)
{
    internal static Goal Least(string metric, string contender, string? against, double bound) => new(metric, contender, against, bound, true);

    internal static Goal Most(string metric, string contender, string? against, double bound) => new(metric, contender, against, bound, false);
}

/// <summary>A contender cannot take part here; the message says what to install.</summary>
internal sealed class NotInstalledException(string hint) : Exception(hint);
