using VideoVoice.Data.Reliability.Running;

namespace VideoVoice.Data.Reliability.Nemesis;

/// <summary>What happens between the server and those who reach it through the proxy.</summary>
internal static class NetworkFaults
{
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new("delay", true, DelayAsync),
        new("cut", true, CutAsync),
        new("cut-answers", true, (cluster, random) => RepeatAsync(random, () => cluster.Proxy.CutAnswerAfter(random.Next(3) == 0 ? 0 : random.Next(2000)))),
        new("cut-requests", true, (cluster, random) => RepeatAsync(random, () => cluster.Proxy.CutRequestAfter(random.Next(500)))),
        new("blackhole", true, BlackholeAsync),
    ];

    private static async Task DelayAsync(Cluster cluster, Random random)
    {
        cluster.Proxy.Delay = Fault.Milliseconds(random, 5, 300);
        await Task.Delay(Fault.Milliseconds(random, 500, 3000));
        cluster.Proxy.Delay = TimeSpan.Zero;
    }

    private static async Task CutAsync(Cluster cluster, Random random)
    {
        await cluster.Proxy.CutAsync();
        await Task.Delay(Fault.Milliseconds(random, 0, 1000));
        cluster.Proxy.Restore();
    }

    /// <summary>Cuts the next message of each connection after some bytes: with none, the statement has committed and its answer is lost.</summary>
    private static async Task RepeatAsync(Random random, Action cut)
    {
        for (var i = random.Next(10, 60); i > 0; i--)
        {
            cut();
            await Task.Delay(Fault.Milliseconds(random, 10, 60));
        }
    }

    /// <summary>The connections stay, and pass nothing on; new ones do.</summary>
    private static async Task BlackholeAsync(Cluster cluster, Random random)
    {
        cluster.Proxy.Silence();
        await Task.Delay(Fault.Milliseconds(random, 500, 2000));
    }
}
