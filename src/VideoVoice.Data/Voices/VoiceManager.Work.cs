using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Voices;

namespace VideoVoice.Data;

/// <content>What a worker does with what it has claimed: heartbeat, complete, fail, release.</content>
public sealed partial class VoiceManager
{
    /// <summary>Renews the leases of many requests in one statement (<c>heartbeat_voices.sql</c>). A lease that has ended but was not taken by another worker is renewed too.</summary>
    /// <param name="fences">The attempts that the worker holds. An empty list does nothing.</param>
    /// <param name="leaseDuration">How long the lease lasts from now, 100 ms to 1 day.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>One outcome a fence, in their order: <see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.LeaseLost"/>, <see cref="WriteOutcome.AlreadyFinished"/> (also: cancelled) or <see cref="WriteOutcome.NotFound"/> (deleted). With any but the first the worker should stop the synthesis.</returns>
    /// <exception cref="ArgumentException">The duration is out of its range, or an id is all zeros.</exception>
    public Task<IReadOnlyList<VoiceOutcome>> HeartbeatVoicesAsync(
        IReadOnlyCollection<VoiceFence> fences, TimeSpan leaseDuration, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var renewSeconds = Check.Duration(leaseDuration, VoiceClaim.MinLease, VoiceClaim.MaxLease).TotalSeconds;
        return WriteAsync("voices/heartbeat_voices", FencedWrite.Of(fences) with { RenewSeconds = renewSeconds }, transaction, cancellationToken);
    }

    /// <summary>Gives claimed requests back, in one statement (<c>release_voices.sql</c>). The attempt does not count; others may claim them at once.</summary>
    /// <param name="fences">The attempts to give back. An empty list does nothing.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>One outcome a fence, in their order: <see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.LeaseLost"/>, <see cref="WriteOutcome.AlreadyFinished"/> or <see cref="WriteOutcome.NotFound"/>. A repeat is <see cref="WriteOutcome.Applied"/> again until another attempt begins.</returns>
    /// <exception cref="ArgumentException">An id is all zeros.</exception>
    public async Task<IReadOnlyList<VoiceOutcome>> ReleaseVoicesAsync(
        IReadOnlyCollection<VoiceFence> fences, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var outcomes = await WriteAsync("voices/release_voices", FencedWrite.Of(fences) with { IsRelease = true }, transaction, cancellationToken).ConfigureAwait(false);
        await _notifier.NotifyAsync(outcomes.Count(o => o.Outcome == WriteOutcome.Applied), [], [], transaction, cancellationToken).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>
    /// pending → processing without a lease, as the Python cloner does it (<c>start_voice_processing.sql</c>). Of several callers one gets
    /// <see cref="WriteOutcome.Applied"/>. If its process dies, the request stays in processing until <see cref="RequeueStuckVoicesAsync"/>.
    /// </summary>
    /// <returns><see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.NotAllowed"/> (processing already; also for a repeat), <see cref="WriteOutcome.AlreadyFinished"/> or <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<WriteOutcome> StartVoiceProcessingAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync("voices/start_voice_processing", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>processing → completed, for a request that was started without a lease (<c>complete_voices.sql</c>).</summary>
    /// <param name="id">The request.</param>
    /// <param name="outputAudioPath">Path of the audio, 1 to 500 characters.</param>
    /// <param name="isLocalStorage">False when the audio is in remote storage.</param>
    /// <param name="remoteStoragePath">Where it is then, 1 to 500 characters; required with remote storage.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.AlreadyFinished"/>, <see cref="WriteOutcome.LeaseLost"/> (a worker holds a lease), <see cref="WriteOutcome.NotAllowed"/> (still pending) or <see cref="WriteOutcome.NotFound"/>. A repeat is <see cref="WriteOutcome.AlreadyFinished"/>: without a fence nothing tells it from another caller's.</returns>
    /// <exception cref="ArgumentException">A path is empty, too long, or missing.</exception>
    public Task<WriteOutcome> CompleteVoiceProcessingAsync(
        Guid id,
        string outputAudioPath,
        bool isLocalStorage = true,
        string? remoteStoragePath = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        CompleteAsync(id, null, outputAudioPath, isLocalStorage, remoteStoragePath, transaction, cancellationToken);

    /// <summary>processing → completed, for the attempt that holds the lease (<c>complete_voices.sql</c>). Repeating it, say after a lost connection, is harmless.</summary>
    /// <param name="fence">What the claim returned.</param>
    /// <param name="outputAudioPath">Path of the audio, 1 to 500 characters.</param>
    /// <param name="isLocalStorage">False when the audio is in remote storage.</param>
    /// <param name="remoteStoragePath">Where it is then, 1 to 500 characters; required with remote storage.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, also for a repeat with the same paths; <see cref="WriteOutcome.AlreadyFinished"/> with other paths, or after a cancel; <see cref="WriteOutcome.LeaseLost"/> when another attempt has the request; <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">A path is empty, too long, or missing.</exception>
    public Task<WriteOutcome> CompleteVoiceProcessingAsync(
        VoiceFence fence,
        string outputAudioPath,
        bool isLocalStorage = true,
        string? remoteStoragePath = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        CompleteAsync(Check.Fence(fence).VoiceId, fence.Attempt, outputAudioPath, isLocalStorage, remoteStoragePath, transaction, cancellationToken);

    /// <summary>processing → completed, for many attempts in one statement (<c>complete_voices.sql</c>). Repeating it is harmless.</summary>
    /// <param name="completions">What was stored. An empty list does nothing.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>One outcome a completion, in their order, as the single call has them.</returns>
    /// <exception cref="ArgumentException">A path is empty or too long, an id is all zeros, or an attempt stands in the list twice. Nothing is written.</exception>
    public async Task<IReadOnlyList<VoiceOutcome>> CompleteVoicesAsync(
        IReadOnlyCollection<VoiceCompletion> completions, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var outcomes = await WriteAsync("voices/complete_voices", FencedWrite.Of(completions), transaction, cancellationToken).ConfigureAwait(false);
        return await CompletedAsync(outcomes, transaction, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>processing → failed for good, for a request that was started without a lease (<c>fail_voice_processing.sql</c>). The error is kept.</summary>
    /// <param name="id">The request.</param>
    /// <param name="errorMessage">What went wrong; not empty.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.AlreadyFinished"/>, <see cref="WriteOutcome.LeaseLost"/> (a worker holds a lease), <see cref="WriteOutcome.NotAllowed"/> (still pending) or <see cref="WriteOutcome.NotFound"/>. A repeat is <see cref="WriteOutcome.AlreadyFinished"/>: without a fence nothing tells it from another caller's.</returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public Task<WriteOutcome> FailVoiceProcessingAsync(
        Guid id, string errorMessage, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        FailedAsync(id, null, errorMessage, true, transaction, cancellationToken);

    /// <summary>
    /// Reports that an attempt failed (<c>fail_voice_processing.sql</c>). The request is pending again after <see cref="VideoVoiceOptions.RetryDelay"/>, doubled with
    /// each failure since the last retry by hand, up to <see cref="VideoVoiceOptions.MaxRetryDelay"/>, give or take a quarter; when no attempt is left or the error is permanent, it has failed.
    /// </summary>
    /// <param name="fence">What the claim returned.</param>
    /// <param name="errorMessage">What went wrong; not empty. <see cref="ListVoiceErrorsAsync"/> keeps it.</param>
    /// <param name="permanent">Whether another attempt would fail the same way.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.RetryScheduled"/>, <see cref="WriteOutcome.Applied"/> (failed for good), <see cref="WriteOutcome.AlreadyFinished"/>, <see cref="WriteOutcome.LeaseLost"/> or <see cref="WriteOutcome.NotFound"/>. A repeat with the same message is answered as before until another attempt begins.</returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public Task<WriteOutcome> FailVoiceProcessingAsync(
        VoiceFence fence, string errorMessage, bool permanent = false, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        FailedAsync(Check.Fence(fence).VoiceId, fence.Attempt, errorMessage, permanent, transaction, cancellationToken);

    private async Task<WriteOutcome> CompleteAsync(
        Guid id, int? attempt, string outputAudioPath, bool isLocalStorage, string? remoteStoragePath, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        if (!isLocalStorage && remoteStoragePath is null)
            throw new ArgumentException("Remote storage needs the path at which the audio is stored.", nameof(remoteStoragePath));

        var completion = FencedWrite.Of(Check.Id(id), attempt) with
        {
            OutputAudioPaths = [Check.Text(outputAudioPath, 500)],
            AreLocalStorage = [isLocalStorage],
            RemoteStoragePaths = [Check.OptionalText(remoteStoragePath, 500)],
        };
        var outcomes = await WriteAsync("voices/complete_voices", completion, transaction, cancellationToken).ConfigureAwait(false);
        return (await CompletedAsync(outcomes, transaction, cancellationToken).ConfigureAwait(false))[0].Outcome;
    }

    /// <summary>Also tells when the request may be claimed again.</summary>
    internal async Task<(WriteOutcome Outcome, DateTimeOffset? RetryAt)> FailAsync(
        Guid id, int? attempt, string errorMessage, bool permanent, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var failure = FencedWrite.Of(Check.Id(id), attempt) with
        {
            ErrorMessage = Check.Text(errorMessage),
            Permanent = permanent,
            RetrySeconds = _options.RetryDelay.TotalSeconds,
            MaxRetrySeconds = _options.MaxRetryDelay.TotalSeconds,
        };
        var row = await _database.SingleOrDefaultAsync<FailureRow>("voices/fail_voice_processing", failure, transaction, cancellationToken).ConfigureAwait(false);
        var outcome = row is null
            ? (await OutcomesAsync(failure, [], transaction, cancellationToken).ConfigureAwait(false))[0].Outcome
            : Database.ToOutcome(row.Outcome);
        Telemetry.Count(outcome, Telemetry.Failed);
        if (outcome == WriteOutcome.RetryScheduled)
            _poller.LookForWork();
        if (outcome == WriteOutcome.Applied)
            await _notifier.NotifyAsync(0, [id], [], transaction, cancellationToken).ConfigureAwait(false);
        return (outcome, row?.RetryAt);
    }

    private async Task<WriteOutcome> FailedAsync(
        Guid id, int? attempt, string errorMessage, bool permanent, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        (await FailAsync(id, attempt, errorMessage, permanent, transaction, cancellationToken).ConfigureAwait(false)).Outcome;

    private async Task<IReadOnlyList<VoiceOutcome>> WriteAsync(string statement, FencedWrite write, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        if (write.Ids.Length == 0)
            return Nothing(transaction, cancellationToken);

        var written = await _database.ListAsync<FencedWrite.Written>(statement, write, transaction, cancellationToken).ConfigureAwait(false);
        if (written.Count == write.Ids.Length)
            return await OutcomesAsync(write, written, transaction, cancellationToken).ConfigureAwait(false);

        // The rest is tried once more, in one transaction with the question why: the reason that is told is that of this refusal.
        return await _database.InTransactionAsync(
            transaction,
            async joined =>
            {
                var again = await _database.ListAsync<FencedWrite.Written>(statement, write.Except(written), joined, cancellationToken).ConfigureAwait(false);
                return await OutcomesAsync(write, [.. written, .. again], joined, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    // An empty list reports the misuse that a full one would.
    private static VoiceOutcome[] Nothing(NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (transaction is not null)
            Check.ConnectionOf(transaction);
        return [];
    }

    /// <summary>An outcome for each entry of the caller's list: what was written was applied, and only of the rest a second statement says what it met.</summary>
    private async Task<VoiceOutcome[]> OutcomesAsync(
        FencedWrite write, IReadOnlyList<FencedWrite.Written> written, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var outcomes = new VoiceOutcome[write.Ids.Length];
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[write.Order[i]] = new VoiceOutcome(write.Ids[i], WriteOutcome.Applied);

        // As many rows as fences are all of them, because a row is returned once.
        if (written.Count < outcomes.Length && write.Except(written) is { Ids.Length: > 0 } rest)
        {
            var rows = await _database.ListAsync<VoiceOutcome.Row>("queue/list_outcomes", rest, transaction, cancellationToken).ConfigureAwait(false);
            foreach (var (place, row) in rest.Order.Zip(rows))
                outcomes[place] = new VoiceOutcome(row.VoiceId, Database.ToOutcome(row.Outcome));
            Telemetry.LeasesLost.Add(outcomes.Count(o => o.Outcome == WriteOutcome.LeaseLost));
        }

        return outcomes;
    }

    private async Task<IReadOnlyList<VoiceOutcome>> CompletedAsync(IReadOnlyList<VoiceOutcome> outcomes, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        Guid[] applied = [.. outcomes.Where(o => o.Outcome == WriteOutcome.Applied).Select(o => o.VoiceId)];
        Telemetry.Completed.Add(applied.Length);
        await _notifier.NotifyAsync(0, applied, [], transaction, cancellationToken).ConfigureAwait(false);
        return outcomes;
    }

    private sealed record FailureRow
    {
        public string? Outcome { get; init; }

        public DateTimeOffset? RetryAt { get; init; }
    }
}
