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
    /// worker's. A claim that looks back takes it again with the next attempt (<c>requeue_lapsed_voices.sql</c>), or fails it when none is left. Requests that a
    /// Python worker started stay its own.
    /// </summary>
    /// <remarks>
    /// The order: by priority, then by place in the queue, which is the time of creation plus <see cref="VideoVoiceOptions.QueueStep"/> for each request before it in
    /// its video; a request for a loaded voice, among the first 64 of the highest priority, counts as queued
    /// <see cref="VideoVoiceOptions.LoadedVoicePreference"/> earlier (<c>claim_loaded_voices.sql</c>). A manager's claims go on where the last one ended. Once a
    /// second, and before a claim finds nothing or too little, one looks back: at what has appeared before that place, such as a raised priority, at leases
    /// that have ended and at retries whose time has come (<c>enqueue_due_retries.sql</c>).
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

    /// <summary>As the claim of a worker's id, a limit and a duration, for a worker that prefers loaded voices (<c>claim_loaded_voices.sql</c>, <c>get_head.sql</c>) or reads back what it claimed (<c>claim_voices.sql</c>).</summary>
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
    /// Completes requests and claims others in one transaction, in one round trip and one for the commit (<c>complete_voices.sql</c>, then
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
        var write = FencedWrite.Of(completions);
        if (write.Ids.Length == 0)
            throw new ArgumentException("There is nothing to complete: call ClaimVoicesAsync.", nameof(completions));

        ArgumentNullException.ThrowIfNull(claim);
        var row = ParametersOf(claim.Checked(nameof(claim)), transaction);
        var parameters = new DynamicParameters(row);
        parameters.AddDynamicParams(write);
        // In one transaction with the question why a completion was not applied: when that fails, no claim may have taken what nobody gets.
        var (outcomes, answer) = await _database.InTransactionAsync(
            transaction,
            async joined =>
            {
                var (written, answer) = await _database.GridsAsync(
                    "voices/complete_and_claim_voices",
                    ClaimText(row, completes: true),
                    parameters,
                    joined,
                    async grids => (await Database.ReadAsync<FencedWrite.Written>(grids).ConfigureAwait(false), await AnswerAsync(row, grids).ConfigureAwait(false)),
                    cancellationToken).ConfigureAwait(false);
                return (await OutcomesAsync(write, written, joined, cancellationToken).ConfigureAwait(false), answer);
            },
            cancellationToken).ConfigureAwait(false);
        return new CompleteAndClaimResult
        {
            Outcomes = await CompletedAsync(outcomes, transaction, cancellationToken).ConfigureAwait(false),
            Requests = await ClaimedAsync(row, answer, transaction, cancellationToken).ConfigureAwait(false),
        };
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
        var requests = await RunAsync(row, transaction, cancellationToken).ConfigureAwait(false);
        // Before it says that nothing is left, a claim has looked at everything.
        if (!row.LooksBack && requests.Count < claim.Limit && (requests.Count == 0 || row.Start != ClaimCursor.Place.First))
        {
            var rest = row with { Start = ClaimCursor.Place.First, LooksBack = true, Limit = claim.Limit - requests.Count };
            requests = [.. requests, .. await RunAsync(rest, transaction, cancellationToken).ConfigureAwait(false)];
        }

        return requests;
    }

    private async Task<IReadOnlyList<VoiceRequest>> RunAsync(ClaimParameters row, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var text = ClaimText(row, completes: false);
        // One statement needs no grids, which cost the client more.
        var answer = row is { LooksBack: false, HasLoadedVoices: false }
            ? new ClaimAnswer([], await _database.ListAsync<VoiceRequest>("voices/claim_voices", text, row, transaction, cancellationToken).ConfigureAwait(false), null)
            : await _database.GridsAsync("voices/claim_voices", text, row, transaction, grids => AnswerAsync(row, grids), cancellationToken).ConfigureAwait(false);
        return await ClaimedAsync(row, answer, transaction, cancellationToken).ConfigureAwait(false);
    }

    private ClaimParameters ParametersOf(VoiceClaim claim, NpgsqlTransaction? transaction)
    {
        // A transaction may be rolled back: then what it took stands before the cursor.
        var movesCursor = transaction is null;
        var (start, looksBack) = _cursor.Take();
        return new ClaimParameters
        {
            WorkerId = claim.WorkerId,
            ClaimId = claim.ClaimId,
            Limit = claim.Limit,
            LeaseSeconds = claim.LeaseDuration.TotalSeconds,
            LoadedVoiceMappingIds = [.. claim.LoadedVoiceMappingIds],
            PreferenceSeconds = _options.LoadedVoicePreference.TotalSeconds,
            MovesCursor = movesCursor,
            Start = movesCursor ? start : ClaimCursor.Place.First,
            LooksBack = looksBack,
        };
    }

    /// <summary>The statements of a claim, in their order: what was synthesized, what has become due, what is taken.</summary>
    private static string ClaimText(ClaimParameters row, bool completes) =>
        Statements.Join(
            completes ? "voices/complete_voices" : null,
            row.LooksBack ? "queue/requeue_lapsed_voices" : null,
            row.LooksBack ? "queue/enqueue_due_retries" : null,
            row.HasLoadedVoices ? "queue/claim_loaded_voices" : "voices/claim_voices",
            row.HasLoadedVoices ? "queue/get_head" : null);

    private static async Task<ClaimAnswer> AnswerAsync(ClaimParameters row, SqlMapper.GridReader grids) => new(
        row.LooksBack ? await Database.ReadAsync<LapsedVoice>(grids).ConfigureAwait(false) : [],
        await Database.ReadAsync<VoiceRequest>(grids).ConfigureAwait(false),
        row.HasLoadedVoices ? (await Database.ReadAsync<ClaimCursor.Place>(grids).ConfigureAwait(false)).SingleOrDefault() : null);

    private async Task<IReadOnlyList<VoiceRequest>> ClaimedAsync(
        ClaimParameters row, ClaimAnswer answer, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var (lapsed, requests, head) = answer;
        // A short claim shows that the queue is nearly empty: the next starts at its head.
        if (row.MovesCursor)
            _cursor.Set(row.HasLoadedVoices ? head : requests.Count == row.Limit ? ClaimCursor.Place.Of(requests[^1]) : null);
        if (lapsed.Count == row.Limit)
            _cursor.LookBackNext();

        if (lapsed.Count > 0)
        {
            Guid[] exhausted = [.. lapsed.Where(l => l.IsExhausted).Select(l => l.VoiceId)];
            Telemetry.Failed.Add(exhausted.Length);
            await _notifier.NotifyAsync(0, exhausted, [], transaction, cancellationToken).ConfigureAwait(false);
        }

        Telemetry.Claimed.Add(requests.Count);
        foreach (var request in requests)
            Telemetry.WaitDuration.Record(request.WaitedSeconds);
        return requests;
    }

    /// <summary>What the statements of a claim return.</summary>
    private sealed record ClaimAnswer(IReadOnlyList<LapsedVoice> Lapsed, IReadOnlyList<VoiceRequest> Requests, ClaimCursor.Place? Head);

    /// <summary>A row that <c>requeue_lapsed_voices.sql</c> returns.</summary>
    private sealed record LapsedVoice
    {
        public Guid VoiceId { get; init; }

        public bool IsExhausted { get; init; }
    }
}
