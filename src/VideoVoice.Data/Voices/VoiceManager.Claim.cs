using System.Diagnostics;
using Dapper;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <content>How a worker gets its work.</content>
public sealed partial class VoiceManager
{
    /// <summary>
    /// Takes requests for a worker and gives each a lease (<c>claim_voices.sql</c>). A request is never given to two workers: until its lease ends it is the
    /// worker's, and then the next claim takes it again with the next attempt, or fails it when none is left. Requests that a Python worker started stay its own.
    /// </summary>
    /// <remarks>
    /// The order: by priority, then by place in the queue, which is the time of creation plus <see cref="VideoVoiceOptions.QueueStep"/> for each request before it in
    /// its video; a request for a loaded voice, among the first 64 of the highest priority, counts as queued
    /// <see cref="VideoVoiceOptions.LoadedVoicePreference"/> earlier. A process that claims more than 1,000 requests a second goes on where it was, and looks
    /// back once a second at what has appeared before that place, such as a raised priority.
    /// </remarks>
    /// <param name="workerId">Who claims, 1 to 200 characters; for people who read the table.</param>
    /// <param name="limit">Most requests to take, 1 to 10,000.</param>
    /// <param name="leaseDuration">How long the lease lasts without a heartbeat, 100 ms to 1 day, by the server's clock.</param>
    /// <param name="loadedVoiceMappingIds">Mappings whose voice the worker has loaded; null or empty for no preference.</param>
    /// <param name="claimId">An id of the caller's for this claim, by which <see cref="ListClaimedVoicesAsync"/> finds what it took when its answer is lost; or null.</param>
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The requests with their mapping resolved, in the order of the queue; an empty list when nothing can start.</returns>
    /// <exception cref="ArgumentException">The worker's id is empty or too long, or a number is out of its range.</exception>
    public async Task<IReadOnlyList<VoiceRequest>> ClaimVoicesAsync(
        string workerId,
        int limit,
        TimeSpan leaseDuration,
        IReadOnlyCollection<Guid>? loadedVoiceMappingIds = null,
        Guid? claimId = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        var claim = ClaimOf(workerId, limit, leaseDuration, loadedVoiceMappingIds, claimId, transaction);
        var started = Stopwatch.GetTimestamp();
        var requests = await ClaimAsync(claim).ConfigureAwait(false);
        if (claim.HasCursor && requests.Count < limit)
        {
            var rest = await ClaimAsync(claim with { Start = null, Limit = limit - requests.Count }).ConfigureAwait(false);
            requests = [.. requests, .. rest];
        }

        return Claimed(requests, claim, started);

        Task<IReadOnlyList<VoiceRequest>> ClaimAsync(ClaimParameters parameters) =>
            _database.ListAsync<VoiceRequest>("voices/claim_voices", parameters, transaction, cancellationToken);
    }

    /// <summary>
    /// <see cref="CompleteVoicesAsync"/> and <see cref="ClaimVoicesAsync"/> in one round trip and one transaction (<c>complete_voices.sql</c>, then
    /// <c>claim_voices.sql</c>): for a worker that has results to report and capacity for more. When either fails, neither has taken effect.
    /// </summary>
    /// <param name="completions">What was stored; at least one.</param>
    /// <param name="workerId">Who claims, 1 to 200 characters.</param>
    /// <param name="limit">Most requests to take, 1 to 10,000.</param>
    /// <param name="leaseDuration">How long the lease of what is claimed lasts without a heartbeat, 100 ms to 1 day.</param>
    /// <param name="loadedVoiceMappingIds">Mappings whose voice the worker has loaded; null or empty for no preference.</param>
    /// <param name="claimId">An id of the caller's for this claim, by which <see cref="ListClaimedVoicesAsync"/> finds what it took when its answer is lost; or null.</param>
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The outcome of each completion, and the claimed requests.</returns>
    /// <exception cref="ArgumentException">As of the two: nothing is written.</exception>
    public async Task<CompleteAndClaimResult> CompleteAndClaimVoicesAsync(
        IReadOnlyCollection<VoiceCompletion> completions,
        string workerId,
        int limit,
        TimeSpan leaseDuration,
        IReadOnlyCollection<Guid>? loadedVoiceMappingIds = null,
        Guid? claimId = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completions);
        if (completions.Count == 0)
            throw new ArgumentException("There is nothing to complete: call ClaimVoicesAsync.", nameof(completions));

        var parameters = new DynamicParameters(CompleteParameters.Of(completions));
        var claim = ClaimOf(workerId, limit, leaseDuration, loadedVoiceMappingIds, claimId, transaction);
        parameters.AddDynamicParams(claim);
        var started = Stopwatch.GetTimestamp();
        var (rows, requests) = await _database.ListsAsync<VoiceOutcome.Row, VoiceRequest>(
            "voices/complete_and_claim_voices",
            "voices/complete_voices",
            "voices/claim_voices",
            parameters,
            transaction,
            cancellationToken).ConfigureAwait(false);
        var outcomes = await CompletedAsync(rows, transaction, cancellationToken).ConfigureAwait(false);
        return new CompleteAndClaimResult(outcomes, Claimed(requests, claim, started));
    }

    /// <summary>
    /// What a claim took and still holds (<c>list_claimed_voices.sql</c>). A connection that breaks before the answer has come leaves what was claimed without
    /// a worker until its lease ends: read it back with this before you claim more.
    /// </summary>
    /// <param name="claimId">The id that was given to <see cref="ClaimVoicesAsync"/> or <see cref="CompleteAndClaimVoicesAsync"/>.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The requests as the claim returned them, in the order of the queue; an empty list when it took nothing, or all of it is finished, given back or another attempt's.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<IReadOnlyList<VoiceRequest>> ListClaimedVoicesAsync(Guid claimId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VoiceRequest>("voices/list_claimed_voices", new { claimId = Check.Id(claimId) }, transaction, cancellationToken);

    private ClaimParameters ClaimOf(
        string workerId, int limit, TimeSpan leaseDuration, IReadOnlyCollection<Guid>? loadedVoiceMappingIds, Guid? claimId, NpgsqlTransaction? transaction)
    {
        Guid[] loaded = loadedVoiceMappingIds?.ToArray() ?? [];

        // A request for a loaded voice may stand far behind the head of the queue: requests before it are still pending. And a transaction may be rolled back.
        var movesCursor = loaded.Length == 0 && transaction is null;
        return new ClaimParameters
        {
            WorkerId = Check.Text(workerId, 200),
            ClaimId = Check.OptionalId(claimId),
            Limit = Check.Limit(limit),
            LeaseSeconds = Check.Duration(leaseDuration, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)).TotalSeconds,
            LoadedVoiceMappingIds = loaded,
            PreferenceSeconds = _options.LoadedVoicePreference.TotalSeconds,
            MovesCursor = movesCursor,
            Start = movesCursor ? _cursor.Take() : null,
        };
    }

    private IReadOnlyList<VoiceRequest> Claimed(IReadOnlyList<VoiceRequest> requests, ClaimParameters claim, long started)
    {
        if (claim.MovesCursor)
            _cursor.Set(requests, claim.Limit, Stopwatch.GetElapsedTime(started));
        Telemetry.Claimed.Add(requests.Count);
        foreach (var request in requests)
            Telemetry.WaitDuration.Record(request.WaitedSeconds);
        return requests;
    }
}
