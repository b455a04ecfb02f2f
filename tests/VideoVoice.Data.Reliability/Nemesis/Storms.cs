using VideoVoice.Data.Reliability.Running;

namespace VideoVoice.Data.Reliability.Nemesis;

/// <summary>A fault with the seed of its own choices, and the pause before it.</summary>
internal readonly record struct Step(Fault Fault, int Seed, TimeSpan Pause);

/// <summary>A time in which a fault was at work, in nanoseconds of the monotonic clock.</summary>
internal readonly record struct Disturbance(string Fault, bool DisturbsWaits, long Start, long End);

/// <summary>
/// Lets faults happen, each in its turn, in storms with a calm between them, in which waits have to be in time again. The same seed gives the same faults with the
/// same choices in the same order; when they meet which statement is left to the machine.
/// </summary>
internal sealed class Storms(Cluster cluster, IReadOnlyList<Fault> faults, int seed, int atATime)
{
    private static readonly TimeSpan s_storm = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(25);

    private readonly List<Disturbance> _disturbances = [];
    private readonly Lock _adding = new();

    internal IReadOnlyList<Disturbance> Disturbances
    {
        get
        {
            lock (_adding)
                return [.. _disturbances];
        }
    }

    /// <summary>How often each fault has acted at least.</summary>
    internal int Turns
    {
        get
        {
            var acted = Disturbances.CountBy(d => d.Fault).ToDictionary();
            return faults.Min(fault => acted.GetValueOrDefault(fault.Name));
        }
    }

    internal static IEnumerable<Step> Schedule(IReadOnlyList<Fault> faults, int seed)
    {
        var random = new Random(seed);
        var order = faults.ToArray();
        while (true)
        {
            random.Shuffle(order);
            foreach (var fault in order)
                yield return new Step(fault, random.Next(), Fault.Milliseconds(random, 50, 800));
        }
    }

    internal async Task RunAsync(CancellationToken stopping)
    {
        var lanes = Enumerable.Range(0, Math.Min(atATime, faults.Count)).Select(lane => Schedule(faults, seed + lane).GetEnumerator()).ToList();
        while (!stopping.IsCancellationRequested)
        {
            using var storm = new CancellationTokenSource(s_storm);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(storm.Token, stopping);
            await Task.WhenAll(lanes.Select(lane => RunLaneAsync(lane, either.Token)));
            await cluster.Server.EnsureRunningAsync();
            await Task.Delay(s_calm, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunLaneAsync(IEnumerator<Step> steps, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && steps.MoveNext())
        {
            var step = steps.Current;
            await Task.Delay(step.Pause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var start = History.HistoryFile.Now;
            try
            {
                await step.Fault.ActAsync(cluster, new Random(step.Seed));
            }
            catch (Exception e) when (Workers.Repeating.IsFault(e))
            {
                // The fault of the other lane: a killed server terminates no backends.
            }

            lock (_adding)
                _disturbances.Add(new Disturbance(step.Fault.Name, step.Fault.DisturbsWaits, start, History.HistoryFile.Now));
        }
    }
}
