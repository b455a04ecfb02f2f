using VideoVoice.Data.Reliability.Nemesis;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>How long a run is and what goes wrong in it.</summary>
internal sealed record RunOptions
{
    /// <summary>How many requests are created.</summary>
    internal int Requests { get; init; } = 1000;

    /// <summary>With less, a run goes on to create requests: each kind of fault needs its time.</summary>
    internal TimeSpan MinTime { get; init; } = TimeSpan.Zero;

    internal int Seed { get; init; } = 1;

    internal int Workers { get; init; } = 6;

    /// <summary>How many videos are open at a time.</summary>
    internal int Videos { get; init; } = 40;

    internal IReadOnlyList<Fault> Faults { get; init; } = Fault.All;

    /// <summary>The size of the server's own disk; null: it has none, and is not filled.</summary>
    internal int? DiskMegabytes { get; init; }

    /// <summary>How long the generators may take after the last fault: longer is a wait without an end.</summary>
    internal TimeSpan EndLimit { get; init; } = TimeSpan.FromSeconds(90);

    internal static TimeSpan PollInterval { get; } = TimeSpan.FromSeconds(1);
}
