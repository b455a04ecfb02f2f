using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <content>What went wrong, and putting it back: by a person (retry) or by the machine (requeue).</content>
public sealed partial class VoiceManager
{
    /// <summary>The errors of a request, attempt by attempt, oldest first (<c>list_voice_errors.sql</c>). They stay when a later attempt completes.</summary>
    /// <returns>An empty list when there was none, or no such request.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<IReadOnlyList<VoiceError>> ListVoiceErrorsAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VoiceError>("voices/list_voice_errors", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>Puts the failed requests of a video back, with as many further attempts as a new request has (<c>retry_failed_voices.sql</c>), 5,000 in a statement. Completed ones stay.</summary>
    /// <param name="videoId">The video; its own state stays.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>How many are pending again; a repeat counts only what it puts back itself.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public async Task<int> RetryFailedVoicesAsync(Guid videoId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var retry = new { videoId = Check.Id(videoId), maxAttempts = _options.MaxAttempts, queueStep = _options.QueueStep.TotalSeconds, batchSize = Database.BatchSize };
        var count = await _database.ExecuteInBatchesAsync("voices/retry_failed_voices", retry, transaction, cancellationToken).ConfigureAwait(false);
        Telemetry.Retried.Add(count);
        await _notifier.NotifyAsync(count, [], [videoId], transaction, cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <summary>
    /// Puts requests back that were started without a lease, as Python workers do, and are still processing (<c>requeue_stuck_voices.sql</c>), 5,000 in a statement.
    /// The result of a worker that is only slow is then lost, or comes after that of another attempt: choose an age that no request takes.
    /// </summary>
    /// <param name="olderThan">How long ago the request must have been started, 1 s to 365 days, by the server's clock.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>How many are pending again; a repeat counts only what it puts back itself.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The age is out of its range.</exception>
    public async Task<int> RequeueStuckVoicesAsync(TimeSpan olderThan, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var age = new { olderThanSeconds = Check.Duration(olderThan, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)).TotalSeconds, batchSize = Database.BatchSize };
        var count = await _database.ExecuteInBatchesAsync("voices/requeue_stuck_voices", age, transaction, cancellationToken).ConfigureAwait(false);
        await _notifier.NotifyAsync(count, [], [], transaction, cancellationToken).ConfigureAwait(false);
        return count;
    }
}
