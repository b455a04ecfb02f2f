using System.Diagnostics;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <content>The work of a worker: claim, heartbeat, complete, fail, release.</content>
public sealed partial class VoiceManager
{
    /// <summary>
    /// Takes requests for a worker and gives each a lease (<c>claim_voices.sql</c>). A request is never given to two workers: until its lease ends it is the
    /// worker's, and then the next claim takes it again with the next attempt, or fails it when none is left. Requests that a Python worker started stay its own.
    /// </summary>
    /// <remarks>
    /// The order: by priority, then by place in the queue, which is the time of creation plus <see cref="VideoVoiceOptions.QueueStep"/> for each line before it in
    /// its video; a request for a loaded voice, among the first 64 of the highest priority, counts as queued
    /// <see cref="VideoVoiceOptions.LoadedVoicePreference"/> earlier. A process that claims more than 1,000 requests a second goes on where it was, and looks
    /// back once a second at what has appeared before that place, such as a raised priority.
    /// </remarks>
    /// <param name="workerId">Who claims, 1 to 200 characters; for people who read the table.</param>
    /// <param name="limit">Most requests to take, 1 to 10,000.</param>
    /// <param name="leaseDuration">How long the lease lasts without a heartbeat, 100 ms to 1 day, by the server's clock.</param>
    /// <param name="loadedVoiceMappingIds">Mappings whose voice the worker has loaded; null or empty for no preference.</param>
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>The requests with their mapping resolved, in the order of the queue; an empty list when nothing can start.</returns>
    /// <exception cref="ArgumentException">The worker's id is empty or too long, or a number is out of its range.</exception>
    public async Task<IReadOnlyList<VoiceRequest>> ClaimVoicesAsync(
        string workerId,
        int limit,
        TimeSpan leaseDuration,
        IReadOnlyCollection<Guid>? loadedVoiceMappingIds = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        Check.Text(workerId, 200);
        Check.Limit(limit);
        Check.Duration(leaseDuration, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
        Guid[] loaded = loadedVoiceMappingIds?.ToArray() ?? [];

        // A preferred voice may stand far behind the head of the queue, so it says nothing of what was passed.
        var mark = loaded.Length == 0 && transaction is null ? _mark.Take() : null;
        var started = Stopwatch.GetTimestamp();
        var requests = await ClaimAsync(mark, limit).ConfigureAwait(false);
        if (mark is not null && requests.Count < limit)
        {
            var missing = limit - requests.Count;
            var rest = await ClaimAsync(null, missing).ConfigureAwait(false);
            requests = [.. requests, .. rest];
        }

        if (loaded.Length == 0 && transaction is null)
            _mark.Set(requests, limit, Stopwatch.GetElapsedTime(started));

        Telemetry.Claimed.Add(requests.Count);
        foreach (var request in requests)
            Telemetry.Waiting.Record(request.WaitedSeconds);
        return requests;

        Task<IReadOnlyList<VoiceRequest>> ClaimAsync(QueueMark.Place? place, int most) =>
            _database.ListAsync<VoiceRequest>(
                "voices/claim_voices",
                new
                {
                    workerId,
                    limit = most,
                    leaseSeconds = leaseDuration.TotalSeconds,
                    loadedVoiceMappingIds = loaded,
                    preferenceSeconds = _options.LoadedVoicePreference.TotalSeconds,
                    marked = place is not null,
                    markPriority = place is null ? int.MinValue : -place.Priority,
                    markQueued = place?.QueueAt ?? DateTimeOffset.UnixEpoch,
                    markId = place?.Id ?? Guid.Empty,
                },
                transaction,
                cancellationToken);
    }

    /// <summary>Renews the leases of many requests in one statement (<c>heartbeat_voices.sql</c>). A lease that has ended but was not taken by another worker is renewed too.</summary>
    /// <param name="fences">The attempts that the worker holds. An empty list does nothing.</param>
    /// <param name="leaseDuration">How long the lease lasts from now, 100 ms to 1 day.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>One outcome a fence, in their order: <see cref="Outcome.Applied"/>, <see cref="Outcome.LeaseLost"/>, <see cref="Outcome.AlreadyFinished"/> (also: cancelled) or <see cref="Outcome.NotFound"/> (deleted). With any but the first the worker should stop speaking it.</returns>
    /// <exception cref="ArgumentException">The duration is out of its range, or an id is all zeros.</exception>
    public Task<IReadOnlyList<VoiceOutcome>> HeartbeatVoicesAsync(
        IReadOnlyCollection<VoiceFence> fences, TimeSpan leaseDuration, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var leaseSeconds = Check.Duration(leaseDuration, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)).TotalSeconds;
        return OutcomesAsync("voices/heartbeat_voices", fences, (ids, attempts) => new { ids, attempts, leaseSeconds }, transaction, cancellationToken);
    }

    /// <summary>Gives claimed requests back unspoken, in one statement (<c>release_voices.sql</c>). The attempt does not count; others may claim them at once.</summary>
    /// <param name="fences">The attempts to give back. An empty list does nothing.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>One outcome a fence, in their order: <see cref="Outcome.Applied"/>, <see cref="Outcome.LeaseLost"/>, <see cref="Outcome.AlreadyFinished"/> or <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">An id is all zeros.</exception>
    public async Task<IReadOnlyList<VoiceOutcome>> ReleaseVoicesAsync(
        IReadOnlyCollection<VoiceFence> fences, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var outcomes = await OutcomesAsync("voices/release_voices", fences, (ids, attempts) => new { ids, attempts }, transaction, cancellationToken).ConfigureAwait(false);
        await _database.Notifier.TellAsync(outcomes.Count(o => o.Outcome == Outcome.Applied), [], [], transaction, cancellationToken).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>
    /// pending → processing without a lease, as the Python cloner does it (<c>start_voice_processing.sql</c>). Of several callers one gets
    /// <see cref="Outcome.Applied"/>. If its process dies, the request stays in processing until <see cref="RequeueStuckVoicesAsync"/>.
    /// </summary>
    /// <returns><see cref="Outcome.Applied"/>, <see cref="Outcome.NotAllowed"/> (processing already), <see cref="Outcome.AlreadyFinished"/> or <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<Outcome> StartVoiceProcessingAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync("voices/start_voice_processing", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>processing → completed, for a request that was started without a lease (<c>complete_voice_processing.sql</c>).</summary>
    /// <param name="id">The request.</param>
    /// <param name="outputAudioPath">Path of the audio, 1 to 500 characters.</param>
    /// <param name="isLocalStorage">False when the audio is in remote storage.</param>
    /// <param name="remoteStoragePath">Where it is then, 1 to 500 characters; required with remote storage.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns><see cref="Outcome.Applied"/>, <see cref="Outcome.AlreadyFinished"/>, <see cref="Outcome.LeaseLost"/> (a worker holds a lease), <see cref="Outcome.NotAllowed"/> (still pending) or <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">A path is empty, too long, or missing.</exception>
    public Task<Outcome> CompleteVoiceProcessingAsync(
        Guid id,
        string outputAudioPath,
        bool isLocalStorage = true,
        string? remoteStoragePath = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        CompleteAsync(id, null, outputAudioPath, isLocalStorage, remoteStoragePath, transaction, cancellationToken);

    /// <summary>processing → completed, for the attempt that holds the lease (<c>complete_voice_processing.sql</c>). Repeating it, say after a lost connection, is harmless.</summary>
    /// <param name="fence">What the claim returned.</param>
    /// <param name="outputAudioPath">Path of the audio, 1 to 500 characters.</param>
    /// <param name="isLocalStorage">False when the audio is in remote storage.</param>
    /// <param name="remoteStoragePath">Where it is then, 1 to 500 characters; required with remote storage.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns><see cref="Outcome.Applied"/>; <see cref="Outcome.AlreadyFinished"/> the second time, or after a cancel; <see cref="Outcome.LeaseLost"/> when another attempt has the request; <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">A path is empty, too long, or missing.</exception>
    public Task<Outcome> CompleteVoiceProcessingAsync(
        VoiceFence fence,
        string outputAudioPath,
        bool isLocalStorage = true,
        string? remoteStoragePath = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        CompleteAsync(fence.VoiceId, fence.Attempt, outputAudioPath, isLocalStorage, remoteStoragePath, transaction, cancellationToken);

    /// <summary>processing → completed, for many attempts in one statement (<c>complete_voices.sql</c>). Repeating it is harmless.</summary>
    /// <param name="completions">What was stored. An empty list does nothing.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>One outcome a completion, in their order, as the single call has them.</returns>
    /// <exception cref="ArgumentException">A path is empty or too long, or an id is all zeros. Nothing is written.</exception>
    public async Task<IReadOnlyList<VoiceOutcome>> CompleteVoicesAsync(
        IReadOnlyCollection<VoiceCompletion> completions, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completions);
        var outputAudioPaths = completions.Select((c, i) => Check.Text(c.OutputAudioPath, 500, $"completions[{i}].OutputAudioPath")).ToArray();
        var remoteStoragePaths = completions.Select((c, i) => Check.OptionalText(c.RemoteStoragePath, 500, $"completions[{i}].RemoteStoragePath")).ToArray();
        var outcomes = await OutcomesAsync(
            "voices/complete_voices",
            [.. completions.Select(c => c.Fence)],
            (ids, attempts) => new { ids, attempts, outputAudioPaths, remoteStoragePaths },
            transaction,
            cancellationToken).ConfigureAwait(false);
        Guid[] applied = [.. outcomes.Where(o => o.Outcome == Outcome.Applied).Select(o => o.VoiceId)];
        Telemetry.Completed.Add(applied.Length);
        await _database.Notifier.TellAsync(0, applied, [], transaction, cancellationToken).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>processing → failed for good, for a request that was started without a lease (<c>fail_voice_processing.sql</c>). The error is kept.</summary>
    /// <param name="id">The request.</param>
    /// <param name="errorMessage">What went wrong; not empty.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns><see cref="Outcome.Applied"/>, <see cref="Outcome.AlreadyFinished"/>, <see cref="Outcome.LeaseLost"/> (a worker holds a lease), <see cref="Outcome.NotAllowed"/> (still pending) or <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public Task<Outcome> FailVoiceProcessingAsync(
        Guid id, string errorMessage, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        FailAsync(id, null, errorMessage, true, transaction, cancellationToken);

    /// <summary>
    /// Reports that an attempt failed (<c>fail_voice_processing.sql</c>). The request is pending again after <see cref="VideoVoiceOptions.RetryDelay"/>, doubled with
    /// each attempt up to <see cref="VideoVoiceOptions.MaxRetryDelay"/>, give or take a quarter; when no attempt is left or the error is permanent, it has failed.
    /// </summary>
    /// <param name="fence">What the claim returned.</param>
    /// <param name="errorMessage">What went wrong; not empty. <see cref="ListVoiceErrorsAsync"/> keeps it.</param>
    /// <param name="permanent">Whether another attempt would fail the same way.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns><see cref="Outcome.RetryScheduled"/>, <see cref="Outcome.Applied"/> (failed for good), <see cref="Outcome.AlreadyFinished"/>, <see cref="Outcome.LeaseLost"/> or <see cref="Outcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public Task<Outcome> FailVoiceProcessingAsync(
        VoiceFence fence, string errorMessage, bool permanent = false, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        FailAsync(fence.VoiceId, fence.Attempt, errorMessage, permanent, transaction, cancellationToken);

    private async Task<Outcome> CompleteAsync(
        Guid id, int? attempt, string outputAudioPath, bool isLocalStorage, string? remoteStoragePath, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        if (!isLocalStorage && remoteStoragePath is null)
            throw new ArgumentException("Remote storage needs the path at which the audio is stored.", nameof(remoteStoragePath));

        var completion = new
        {
            id = Check.Id(id),
            attempt,
            outputAudioPath = Check.Text(outputAudioPath, 500),
            isLocalStorage,
            remoteStoragePath = Check.OptionalText(remoteStoragePath, 500),
        };
        var outcome = await _database.OutcomeAsync("voices/complete_voice_processing", completion, transaction, cancellationToken).ConfigureAwait(false);
        return await FinishedAsync(id, outcome, Telemetry.Completed, transaction, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Outcome> FailAsync(
        Guid id, int? attempt, string errorMessage, bool permanent, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var failure = new
        {
            id = Check.Id(id),
            attempt,
            errorMessage = Check.Text(errorMessage),
            permanent,
            retrySeconds = _options.RetryDelay.TotalSeconds,
            maxRetrySeconds = _options.MaxRetryDelay.TotalSeconds,
        };
        var outcome = await _database.OutcomeAsync("voices/fail_voice_processing", failure, transaction, cancellationToken).ConfigureAwait(false);
        return await FinishedAsync(id, outcome, Telemetry.Failed, transaction, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Outcome> FinishedAsync(
        Guid id, Outcome outcome, System.Diagnostics.Metrics.Counter<long> applied, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        Telemetry.Count(outcome, applied);
        if (outcome == Outcome.RetryScheduled)
            _listener.LookForWork();
        if (outcome == Outcome.Applied)
            await _database.Notifier.TellAsync(0, [id], [], transaction, cancellationToken).ConfigureAwait(false);
        return outcome;
    }

    private async Task<IReadOnlyList<VoiceOutcome>> OutcomesAsync(
        string statement, IReadOnlyCollection<VoiceFence> fences, Func<Guid[], int[], object> parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fences);
        if (fences.Count == 0)
            return [];

        var ids = fences.Select(f => Check.Id(f.VoiceId, nameof(fences))).ToArray();
        var rows = await _database.ListAsync<VoiceOutcome.Row>(statement, parameters(ids, [.. fences.Select(f => f.Attempt)]), transaction, cancellationToken).ConfigureAwait(false);
        VoiceOutcome[] outcomes = [.. rows.Select(row => new VoiceOutcome(row.VoiceId, Database.ToOutcome(row.Outcome)))];
        Telemetry.LeasesLost.Add(outcomes.Count(o => o.Outcome == Outcome.LeaseLost));
        return outcomes;
    }
}
