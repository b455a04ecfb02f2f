using Dapper;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Voices;

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
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The requests with their mapping resolved, in the order of the queue; an empty list when nothing can start.</returns>
    /// <exception cref="ArgumentException">The worker's id is empty or too long, or a number is out of its range.</exception>
    public Task<IReadOnlyList<VoiceRequest>> ClaimVoicesAsync(
        string workerId, int limit, TimeSpan leaseDuration, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        ClaimAsync(
            new VoiceClaim(Check.Text(workerId, 200), Check.Limit(limit), Check.Duration(leaseDuration, VoiceClaim.MinLease, VoiceClaim.MaxLease)), transaction, cancellationToken);

    /// <summary>As the claim of a worker's id, a limit and a duration, for a worker that prefers loaded voices or reads back what it claimed (<c>claim_voices.sql</c>).</summary>
    /// <param name="claim">What the worker asks for.</param>
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The requests with their mapping resolved, in the order of the queue; an empty list when nothing can start.</returns>
    /// <exception cref="ArgumentException">The worker's id is empty or too long, an id is all zeros, or a number is out of its range.</exception>
    public Task<IReadOnlyList<VoiceRequest>> ClaimVoicesAsync(VoiceClaim claim, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return ClaimAsync(claim.Checked(nameof(claim)), transaction, cancellationToken);
    }

    /// <summary>
    /// Completes requests and claims others in one round trip and one transaction (<c>complete_voices.sql</c>, then
    /// <c>claim_voices.sql</c>): for a worker that has results to report and capacity for more. When either fails, neither has taken effect.
    /// </summary>
    /// <param name="completions">What was stored; at least one.</param>
    /// <param name="claim">What the worker asks for.</param>
    /// <param name="transaction">An open transaction to join, or null. The requests stay locked until it ends.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The outcome of each completion, and the claimed requests.</returns>
    /// <exception cref="ArgumentException">As of the two: nothing is written.</exception>
    public async Task<CompleteAndClaimResult> CompleteAndClaimVoicesAsync(
        IReadOnlyCollection<VoiceCompletion> completions,
        VoiceClaim claim,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completions);
        if (completions.Count == 0)
            throw new ArgumentException("There is nothing to complete: call ClaimVoicesAsync.", nameof(completions));

        ArgumentNullException.ThrowIfNull(claim);
        var parameters = new DynamicParameters(CompleteParameters.Of(completions));
        var row = ParametersOf(claim.Checked(nameof(claim)), transaction);
        parameters.AddDynamicParams(row);
        var started = _database.Time.GetTimestamp();
        var (rows, requests) = await _database.ListsAsync<VoiceOutcome.Row, VoiceRequest>(
            "voices/complete_and_claim_voices",
            "voices/complete_voices",
            "voices/claim_voices",
            parameters,
            transaction,
            cancellationToken).ConfigureAwait(false);
        var outcomes = await CompletedAsync(rows, transaction, cancellationToken).ConfigureAwait(false);
        return new CompleteAndClaimResult { Outcomes = outcomes, Requests = Claimed(requests, row, started) };
    }

    /// <summary>
    /// What a claim took and still holds (<c>list_claimed_voices.sql</c>). A connection that breaks before the answer has come leaves what was claimed without
    /// a worker until its lease ends: read it back with this before you claim more.
    /// </summary>
    /// <param name="claimId">The <see cref="VoiceClaim.ClaimId"/> of the claim.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The requests as the claim returned them, in the order of the queue; an empty list when it took nothing, or all of it is finished, given back or another attempt's.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<IReadOnlyList<VoiceRequest>> ListClaimedVoicesAsync(Guid claimId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VoiceRequest>("voices/list_claimed_voices", new { claimId = Check.Id(claimId) }, transaction, cancellationToken);

    private async Task<IReadOnlyList<VoiceRequest>> ClaimAsync(VoiceClaim claim, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var row = ParametersOf(claim, transaction);
        var started = _database.Time.GetTimestamp();
        var requests = await RunAsync(row).ConfigureAwait(false);
        if (row.HasCursor && requests.Count < claim.Limit)
        {
            var rest = await RunAsync(row with { Start = null, Limit = claim.Limit - requests.Count }).ConfigureAwait(false);
            requests = [.. requests, .. rest];
        }

        return Claimed(requests, row, started);

        Task<IReadOnlyList<VoiceRequest>> RunAsync(ClaimParameters parameters) =>
            _database.ListAsync<VoiceRequest>("voices/claim_voices", parameters, transaction, cancellationToken);
    }

    private ClaimParameters ParametersOf(VoiceClaim claim, NpgsqlTransaction? transaction)
    {
        // A request for a loaded voice may stand far behind the head of the queue: requests before it are still pending. And a transaction may be rolled back.
        var movesCursor = claim.LoadedVoiceMappingIds.Count == 0 && transaction is null;
        return new ClaimParameters
        {
            WorkerId = claim.WorkerId,
            ClaimId = claim.ClaimId,
            Limit = claim.Limit,
            LeaseSeconds = claim.LeaseDuration.TotalSeconds,
            LoadedVoiceMappingIds = [.. claim.LoadedVoiceMappingIds],
            PreferenceSeconds = _options.LoadedVoicePreference.TotalSeconds,
            MovesCursor = movesCursor,
            Start = movesCursor ? _cursor.Take() : null,
        };
    }

    private IReadOnlyList<VoiceRequest> Claimed(IReadOnlyList<VoiceRequest> requests, ClaimParameters row, long started)
    {
        if (row.MovesCursor)
            _cursor.Set(requests, row.Limit, _database.Time.GetElapsedTime(started));
        Telemetry.Claimed.Add(requests.Count);
        foreach (var request in requests)
            Telemetry.WaitDuration.Record(request.WaitedSeconds);
        return requests;
    }
}
