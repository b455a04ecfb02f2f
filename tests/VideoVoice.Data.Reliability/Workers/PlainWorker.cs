using Npgsql;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>A cloner without leases, written as the Python one is: it lists, starts, completes, and puts back what another such worker has left.</summary>
internal sealed class PlainWorker(string connectionString, string name, HistoryFile history, Random random)
{
    internal async Task RunAsync(CancellationToken stopping)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var voices = new VoiceManager(dataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromSeconds(1) });
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await voices.RequeueStuckVoicesAsync(WorkerProcess.Lease, cancellationToken: CancellationToken.None);
                foreach (var request in await voices.ListPendingVoicesAsync(random.Next(1, 10), cancellationToken: CancellationToken.None))
                    await WorkAsync(voices, request);
            }
            catch (Exception e) when (Repeating.IsFault(e))
            {
                await Task.Delay(random.Next(300), CancellationToken.None);
            }

            await Task.Delay(random.Next(50), CancellationToken.None);
        }
    }

    private async Task WorkAsync(VoiceManager voices, VoiceRequest request)
    {
        var started = await RecordAsync(Method.Start, request, () => voices.StartVoiceProcessingAsync(request.Id));
        // Without an answer it does not know whether the request is its own, and leaves it: RequeueStuckVoicesAsync puts it back.
        if (started != WriteOutcome.Applied)
            return;

        await Task.Delay(random.Next(5), CancellationToken.None);
        await RecordAsync(Method.CompleteWithoutLease, request, () => voices.CompleteVoiceProcessingAsync(request.Id, Audio.PathOf(name, request.Id)));
    }

    private async Task<WriteOutcome?> RecordAsync(Method method, VoiceRequest request, Func<Task<WriteOutcome>> call)
    {
        var start = HistoryFile.Now;
        try
        {
            var outcome = await call();
            history.Add(method, request.Fence, outcome, start);
            return outcome;
        }
        catch (Exception e) when (Repeating.IsFault(e))
        {
            history.Add(method, request.Fence, null, start);
            return null;
        }
    }
}
