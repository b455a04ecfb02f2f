using VideoVoice.Data.Reliability.Running;
using VideoVoice.Data.Reliability.Workers;

namespace VideoVoice.Data.Reliability.Nemesis;

/// <summary>What happens to worker processes.</summary>
internal static class WorkerFaults
{
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-worker", false, KillAsync),
        new("stop-worker", false, StopBeyondLeaseAsync),
    ];

    private static async Task KillAsync(Cluster cluster, Random random)
    {
        var worker = cluster.Workers[random.Next(cluster.Workers.Count)];
        using var taken = await worker.TakeAsync();
        worker.Kill();
        await Task.Delay(Fault.Milliseconds(random, 0, 500));
        worker.Start();
    }

    private static async Task StopBeyondLeaseAsync(Cluster cluster, Random random)
    {
        var worker = cluster.Workers[random.Next(cluster.Workers.Count)];
        using var taken = await worker.TakeAsync();
        await worker.SignalAsync("STOP");
        await Task.Delay(WorkerProcess.Lease + Fault.Milliseconds(random, 500, 2000));
        await worker.SignalAsync("CONT");
    }
}
