using VideoVoice.Data.Reliability.Running;

namespace VideoVoice.Data.Reliability.Nemesis;

/// <summary>
/// Something that goes wrong for a while: it happens, lasts and is mended within <see cref="ActAsync"/>. Some disturb waits: they may learn later of a finished
/// video because of it.
/// </summary>
internal sealed record Fault(string Name, bool DisturbsWaits, Func<Cluster, Random, Task> ActAsync)
{
    /// <summary>All that there are, by name. Clocks that are hours off are no fault that comes and goes: some workers always have them.</summary>
    internal static IReadOnlyList<Fault> All { get; } = [.. WorkerFaults.All, .. ServerFaults.All, .. NetworkFaults.All];

    public override string ToString() => Name;

    internal static TimeSpan Milliseconds(Random random, int min, int max) => TimeSpan.FromMilliseconds(random.Next(min, max));
}
