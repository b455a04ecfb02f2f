using VideoVoice.Data.Reliability.Nemesis;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>How long a run is and what goes wrong in it.</summary>
internal sealed record RunOptions
{
    /// <summary>How many requests are created.</summary>
    internal int Requests { get; init; } = 1000;

    /// <summary>How often each fault acts at least: until then a run goes on to create requests.</summary>
    internal int Turns { get; init; }

    /// <summary>How many faults act at a time.</summary>
    internal int AtATime { get; init; } = 2;

    /// <summary>Between the creations of two videos. With none, a run takes all the time of the machine.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.Zero;

    internal int Seed { get; init; } = 1;

    internal int Workers { get; init; } = 6;

    /// <summary>How many videos are open at a time.</summary>
    internal int Videos { get; init; } = 40;

    internal IReadOnlyList<Fault> Faults { get; init; } = Fault.All;

    /// <summary>The size of the server's own disk; null: it has none, and is not filled.</summary>
    internal int? DiskMegabytes { get; init; }

    /// <summary>How long the generators may take after the last fault: longer is a wait without an end.</summary>
    internal TimeSpan EndLimit { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How much later than its finish a wait may return where no fault stood between: the poll interval, a look, and what a busy machine takes.</summary>
    internal TimeSpan LongestWait { get; init; } = PollInterval + TimeSpan.FromSeconds(5);

    internal static TimeSpan PollInterval { get; } = TimeSpan.FromSeconds(1);
}
