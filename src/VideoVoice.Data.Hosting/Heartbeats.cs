using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>Renews all leases of a worker in one statement, three times in each lease, and cancels the requests whose lease is lost.</summary>
internal sealed class Heartbeats(VoiceManager voices, VoiceWorkerOptions options, ConcurrentDictionary<VoiceFence, Synthesis> syntheses, ILogger logger)
{
    /// <summary>
    /// How long one heartbeat may take: a sixth of the lease, at most 10 s. At least three tries fit into the rest of the lease, so a connection whose peer
    /// has vanished does not cost the lease.
    /// </summary>
    private readonly TimeSpan _limit = TimeSpan.FromTicks(Math.Min(options.LeaseDuration.Ticks / 6, TimeSpan.FromSeconds(10).Ticks));

    private bool _failing;

    internal async Task RunAsync(CancellationToken finished)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.LeaseDuration / 3, voices.Time, finished).ConfigureAwait(false);
                await DatabaseRetry.RunAsync(
                    _ => voices.InTimeAsync(RenewAsync, _limit, finished), DatabaseRetry.IsTransient, voices.Time, logger, finished, finished).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (finished.IsCancellationRequested)
        {
        }
    }

    private async Task<int> RenewAsync(CancellationToken cancellationToken)
    {
        // A cancelled request has no lease any more; one that is being reported may still need it.
        Synthesis[] held = [.. syntheses.Values.Where(synthesis => synthesis.Reporting || !synthesis.Token.IsCancellationRequested)];
        IReadOnlyList<VoiceOutcome> outcomes = [];
        try
        {
            outcomes = await voices.HeartbeatVoicesAsync([.. held.Select(synthesis => synthesis.Request.Fence)], options.LeaseDuration, null, cancellationToken).ConfigureAwait(false);
            _failing = false;
        }
        catch (Exception e) when (!DatabaseRetry.IsTransient(e) && e is not OperationCanceledException)
        {
            if (_failing)
                WorkerLog.HeartbeatFailedAgain(logger, e.Message);
            else
                WorkerLog.HeartbeatFailed(logger, e);
            _failing = true;
        }

        // By fence and not by id: this worker may hold the next attempt of a request whose earlier attempt it has lost.
        foreach (var (synthesis, (_, outcome)) in held.Zip(outcomes).Where(pair => pair.Second.Outcome != WriteOutcome.Applied))
        {
            // Its own report may have changed the row already, so this does not mean that the lease is lost.
            synthesis.LeaseIsLost = true;
            if (synthesis.Reporting)
                continue;

            WorkerLog.LeaseLost(logger, synthesis.Request.Id, synthesis.Request.Attempt, outcome);
            synthesis.Cancel();
        }

        return held.Length;
    }
}
