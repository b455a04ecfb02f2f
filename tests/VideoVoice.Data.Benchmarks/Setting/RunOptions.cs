namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>How much is measured.</summary>
internal sealed record RunOptions
{
    /// <summary>One round of a fraction of a second on few rows: whether it works, not how fast it is.</summary>
    internal bool Short { get; init; }

    /// <summary>Rounds that count.</summary>
    internal int Rounds { get; init; } = 5;

    /// <summary>Seconds of a timed round.</summary>
    internal double Seconds { get; init; } = 2;

    /// <summary>Requests after which the memory of a worker is measured.</summary>
    internal int MemoryRequests { get; init; } = 1_000_000;

    /// <summary>Whether the methods are also measured at 10,000,000 requests.</summary>
    internal bool TenMillion { get; init; }

    /// <summary>Only the benchmarks whose name contains it.</summary>
    internal string? Only { get; init; }

    /// <summary>Where the report goes; null: nowhere.</summary>
    internal string? Output { get; init; }

    internal TimeSpan Time => TimeSpan.FromSeconds(Short ? 0.15 : Seconds);

    /// <summary>A number of rows, or the few of a short run.</summary>
    internal int Rows(int full, int few) => Short ? few : full;
}
