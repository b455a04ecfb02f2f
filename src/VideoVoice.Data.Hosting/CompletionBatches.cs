namespace VideoVoice.Data.Hosting;

/// <summary>
/// Completes what is there in one statement while at most one is under way: a lone completion goes at once, and under load the batches grow by themselves.
/// They stop growing at a part of the worker's capacity, so that its next claim runs beside the next batch and does not wait for all of them.
/// </summary>
internal sealed class CompletionBatches(VoiceManager voices, int concurrency)
{
    private readonly int _maxBatch = Math.Max(16, concurrency / 3);
    private readonly Lock _gate = new();
    private readonly Queue<(VoiceCompletion Completion, TaskCompletionSource<Outcome> Outcome)> _waiting = new();
    private bool _running;

    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    internal Task<Outcome> CompleteAsync(VoiceCompletion completion, CancellationToken cancellationToken)
    {
        var outcome = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((completion, outcome));
            if (!_running)
            {
                _running = true;
                // The batch is nobody's: it must not count to the trace of the line that happened to start it.
                using (ExecutionContext.SuppressFlow())
                    _ = CompleteAllAsync();
            }
        }

        return outcome.Task.WaitAsync(cancellationToken);
    }

    private async Task CompleteAllAsync()
    {
        await Fairly.YieldAsync().ConfigureAwait(false);
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var outcomes = await voices.CompleteVoicesAsync([.. batch.Select(b => b.Completion)]).ConfigureAwait(false);
                foreach (var (entry, outcome) in batch.Zip(outcomes))
                    entry.Outcome.TrySetResult(outcome.Outcome);
            }
            catch (ArgumentException) when (batch.Count > 1)
            {
                // One of them cannot be stored. Alone, each meets its own end.
                foreach (var entry in batch)
                    await CompleteOneAsync(entry.Completion, entry.Outcome).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                foreach (var entry in batch)
                    entry.Outcome.TrySetException(e);
            }
        }
    }

    private async Task CompleteOneAsync(VoiceCompletion completion, TaskCompletionSource<Outcome> outcome)
    {
        try
        {
            outcome.TrySetResult((await voices.CompleteVoicesAsync([completion]).ConfigureAwait(false))[0].Outcome);
        }
        catch (Exception e)
        {
            outcome.TrySetException(e);
        }
    }

    private List<(VoiceCompletion Completion, TaskCompletionSource<Outcome> Outcome)> Take()
    {
        lock (_gate)
        {
            List<(VoiceCompletion, TaskCompletionSource<Outcome>)> batch = [];
            while (batch.Count < _maxBatch && _waiting.TryDequeue(out var entry))
                batch.Add(entry);
            _running = batch.Count > 0;
            return batch;
        }
    }
}
