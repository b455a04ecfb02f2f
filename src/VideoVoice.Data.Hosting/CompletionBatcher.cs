namespace VideoVoice.Data.Hosting;

/// <summary>
/// Completes in one statement what has accumulated while the last one was running: a single completion is sent at once, and under load the batches grow.
/// Their size is limited to half of the worker's capacity, and then two run concurrently, so that neither the server nor this process waits for the other.
/// </summary>
internal sealed class CompletionBatcher(Func<IReadOnlyList<VoiceCompletion>, Task<IReadOnlyList<VoiceOutcome>>> complete, int concurrency)
{
    private readonly int _maxBatch = Math.Max(16, concurrency / 2);
    private readonly Lock _gate = new();
    private readonly Queue<(VoiceCompletion Completion, TaskCompletionSource<WriteOutcome> Outcome)> _waiting = new();
    private int _running;

    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    internal Task<WriteOutcome> CompleteAsync(VoiceCompletion completion, CancellationToken cancellationToken)
    {
        var outcome = new TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((completion, outcome));
            if (_running == 0 || (_running == 1 && _waiting.Count >= _maxBatch))
            {
                _running++;
                // A batch has many requests: it must not be part of the trace of the one that started it.
                using (ExecutionContext.SuppressFlow())
                    _ = CompleteAllAsync();
            }
        }

        return outcome.Task.WaitAsync(cancellationToken);
    }

    private async Task CompleteAllAsync()
    {
        await ReadyWork.RunFirstAsync().ConfigureAwait(false);
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var outcomes = await complete([.. batch.Select(b => b.Completion)]).ConfigureAwait(false);
                foreach (var (entry, outcome) in batch.Zip(outcomes))
                    entry.Outcome.TrySetResult(outcome.Outcome);
            }
            catch (ArgumentException) when (batch.Count > 1)
            {
                // One of them cannot be stored. Sent alone, each gets its own result.
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

    private async Task CompleteOneAsync(VoiceCompletion completion, TaskCompletionSource<WriteOutcome> outcome)
    {
        try
        {
            outcome.TrySetResult((await complete([completion]).ConfigureAwait(false))[0].Outcome);
        }
        catch (Exception e)
        {
            outcome.TrySetException(e);
        }
    }

    private List<(VoiceCompletion Completion, TaskCompletionSource<WriteOutcome> Outcome)> Take()
    {
        lock (_gate)
        {
            List<(VoiceCompletion, TaskCompletionSource<WriteOutcome>)> batch = [];
            while (batch.Count < _maxBatch && _waiting.TryDequeue(out var entry))
                batch.Add(entry);
            if (batch.Count == 0)
                _running--;
            return batch;
        }
    }
}
