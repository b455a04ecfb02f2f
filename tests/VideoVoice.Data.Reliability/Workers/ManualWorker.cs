using Npgsql;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>
/// Calls every writing method of a claimed request itself, in an order that the seed gives, and repeats what got no answer as docs/reliability.md says. So each
/// method meets each fault, and its answer is in the history.
/// </summary>
internal sealed class ManualWorker(string connectionString, string name, HistoryFile history, Random random)
{
    internal async Task RunAsync(CancellationToken stopping)
    {
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var voices = new VoiceManager(dataSource, new VideoVoiceOptions { RetryDelay = TimeSpan.FromMilliseconds(100), PollInterval = TimeSpan.FromSeconds(1) });
        try
        {
            await WorkUntilStoppedAsync(voices, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What it holds waits for the end of its leases.
        }
    }

    private async Task WorkUntilStoppedAsync(VoiceManager voices, CancellationToken stopping)
    {
        IReadOnlyList<Guid> loaded = [];
        IReadOnlyList<VoiceRequest> requests = [];
        while (!stopping.IsCancellationRequested)
        {
            if (requests.Count == 0)
            {
                await Task.Delay(random.Next(20), CancellationToken.None);
                requests = await ClaimAsync(voices, Claim(loaded), stopping);
            }

            loaded = [.. requests.Select(r => r.VoiceMappingId).OfType<Guid>().Distinct()];
            requests = await WorkAsync(voices, requests, loaded, stopping);
        }
    }

    private VoiceClaim Claim(IReadOnlyList<Guid> loaded) => new(name, random.Next(1, 40), WorkerProcess.Lease)
    {
        ClaimId = Guid.CreateVersion7(),
        LoadedVoiceMappingIds = random.Next(2) == 0 ? loaded : [],
    };

    private async Task<IReadOnlyList<VoiceRequest>> ClaimAsync(VoiceManager voices, VoiceClaim claim, CancellationToken stopping)
    {
        var start = HistoryFile.Now;
        try
        {
            return Claimed(await voices.ClaimVoicesAsync(claim, cancellationToken: CancellationToken.None), start);
        }
        catch (Exception e) when (Repeating.IsFault(e))
        {
            // The server may still be at it: what it takes after this was read waits for the end of its lease.
            return Claimed(await Repeating.UntilAnsweredAsync(() => voices.ListClaimedVoicesAsync(claim.ClaimId!.Value), stopping), start);
        }
    }

    private IReadOnlyList<VoiceRequest> Claimed(IReadOnlyList<VoiceRequest> requests, long start)
    {
        foreach (var request in requests)
            history.Add(Method.Claim, request.Fence, WriteOutcome.Applied, start);
        return requests;
    }

    /// <summary>Returns what the same call has claimed.</summary>
    private async Task<IReadOnlyList<VoiceRequest>> WorkAsync(VoiceManager voices, IReadOnlyList<VoiceRequest> requests, IReadOnlyList<Guid> loaded, CancellationToken stopping)
    {
        var open = requests.Select(r => r.Fence).ToList();
        if (open.Count > 0 && random.Next(4) == 0)
            await RecordAsync(Method.Heartbeat, open, () => voices.HeartbeatVoicesAsync(open, WorkerProcess.Lease), stopping);
        if (open.Count > 0 && random.Next(10) == 0)
        {
            var released = Take(open, random.Next(1, open.Count + 1));
            await RecordAsync(Method.Release, released, () => voices.ReleaseVoicesAsync(released), stopping);
        }

        if (open.Count > 0 && random.Next(10) == 0)
        {
            var fence = Take(open, 1);
            var permanent = random.Next(10) == 0;
            var message = permanent ? Audio.PermanentError : $"The model has no memory left for attempt {fence[0].Attempt}.";
            await RecordAsync(permanent ? Method.FailForGood : Method.Fail, fence, async () => [new VoiceOutcome(fence[0].VoiceId, await voices.FailVoiceProcessingAsync(fence[0], message, permanent))], stopping);
        }

        if (open.Count > 0 && random.Next(3) == 0)
        {
            var fence = Take(open, 1);
            await RecordAsync(Method.Complete, fence, async () => [new VoiceOutcome(fence[0].VoiceId, await voices.CompleteVoiceProcessingAsync(fence[0], Audio.PathOf(name, fence[0])))], stopping);
        }

        // Longer than the lease now and then, so that another worker has gone on with it.
        if (random.Next(200) == 0)
            await Task.Delay(WorkerProcess.Lease * 1.5, stopping);

        var completions = open.Select(f => new VoiceCompletion(f, Audio.PathOf(name, f))).ToList();
        if (open.Count == 0)
            return [];
        if (random.Next(2) == 0)
        {
            await RecordAsync(Method.Complete, open, () => voices.CompleteVoicesAsync(completions), stopping);
            return [];
        }

        var claim = Claim(loaded);
        var start = HistoryFile.Now;
        IReadOnlyList<VoiceRequest>? claimed = null;
        await RecordAsync(Method.Complete, open, async () =>
        {
            var result = await voices.CompleteAndClaimVoicesAsync(completions, claim);
            claimed = result.Requests;
            return result.Outcomes;
        }, stopping, () => voices.CompleteVoicesAsync(completions));
        return Claimed(claimed ?? await Repeating.UntilAnsweredAsync(() => voices.ListClaimedVoicesAsync(claim.ClaimId!.Value), stopping), start);
    }

    private static List<VoiceFence> Take(List<VoiceFence> open, int count)
    {
        var taken = open[..count];
        open.RemoveRange(0, count);
        return taken;
    }

    /// <summary>Calls until there is an answer; each call without one is in the history as well.</summary>
    private async Task RecordAsync(
        Method method, List<VoiceFence> fences, Func<Task<IReadOnlyList<VoiceOutcome>>> call, CancellationToken stopping, Func<Task<IReadOnlyList<VoiceOutcome>>>? repeat = null)
    {
        while (true)
        {
            var start = HistoryFile.Now;
            try
            {
                var outcomes = await call();
                if (!outcomes.Select(o => o.VoiceId).SequenceEqual(fences.Select(f => f.VoiceId)))
                    throw new InvalidOperationException($"{method} answered for other requests than it was asked.");
                for (var i = 0; i < fences.Count; i++)
                    history.Add(method, fences[i], outcomes[i].Outcome, start);
                return;
            }
            catch (Exception e) when (Repeating.IsFault(e))
            {
                foreach (var fence in fences)
                    history.Add(method, fence, null, start);
                call = repeat ?? call;
                await Task.Delay(random.Next(300), stopping);
            }
        }
    }
}
