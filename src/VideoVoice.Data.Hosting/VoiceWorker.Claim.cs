namespace VideoVoice.Data.Hosting;

internal sealed partial class VoiceWorker<TSynthesizer>
{
    private const string Claiming = "claim";

    private static readonly TimeSpan s_longestBackOff = TimeSpan.FromSeconds(30);

    private int _emptyClaims;

    private async Task ClaimUntilStoppedAsync(CancellationToken stoppingToken)
    {
        var backOff = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ClaimAsync(stoppingToken).ConfigureAwait(false);
                backOff = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!_options.StopHostOnError)
            {
                var first = backOff == TimeSpan.Zero;
                backOff = first ? TimeSpan.FromMilliseconds(200) : backOff * 2 < s_longestBackOff ? backOff * 2 : s_longestBackOff;
                if (first)
                    WorkerLog.ClaimFailed(_logger, backOff, e);
                else
                    WorkerLog.ClaimFailedAgain(_logger, backOff, e.Message);
                ReportCannotClaim(e);
                await Task.Delay(backOff * (0.5 + Random.Shared.NextDouble()), _voices.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits for free capacity, claims as much as there is, and waits for work when there is none.</summary>
    private async Task ClaimAsync(CancellationToken stoppingToken)
    {
        var free = await _capacity.TakeAsync(stoppingToken).ConfigureAwait(false);
        IReadOnlyList<VoiceRequest> requests = [];
        var claimId = Guid.CreateVersion7();
        var answerWasLost = false;
        try
        {
            // Capacity that became free because of the stop is not used for a claim.
            stoppingToken.ThrowIfCancellationRequested();
            await _failures.WaitAsync(stoppingToken).ConfigureAwait(false);
            (requests, answerWasLost) = await ClaimAsync(_failures.IsPaused ? 1 : free, claimId, stoppingToken).ConfigureAwait(false);
            _health.Clear(_options, Claiming);
        }
        finally
        {
            _capacity.Return(free - requests.Count);
        }

        await StartAsync(requests, transferred: 0).ConfigureAwait(false);
        if (answerWasLost)
            _lostClaims.AddReadOnce(claimId);
        stoppingToken.ThrowIfCancellationRequested();

        _emptyClaims = requests.Count == 0 ? _emptyClaims + 1 : 0;
        if (_emptyClaims == 0)
            return;

        // A request that another transaction has locked is visible but cannot be claimed: without a pause the wait for work would return at once, again and again.
        if (_emptyClaims > 1)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << Math.Min(_emptyClaims, 10), 1000)), _voices.Time, stoppingToken).ConfigureAwait(false);
        await _voices.WaitForWorkAsync(stoppingToken).ConfigureAwait(false);
    }

    private async Task<(IReadOnlyList<VoiceRequest> Requests, bool AnswerWasLost)> ClaimAsync(int limit, Guid claimId, CancellationToken stoppingToken)
    {
        var sent = false;
        var answerWasLost = false;
        try
        {
            // The host's stop does not cancel a claim: when its answer is lost, its requests have no worker until they are read back.
            var requests = await DatabaseRetry.RunAsync(
                async token =>
                {
                    answerWasLost |= sent;
                    if (sent && await _voices.ListClaimedVoicesAsync(claimId, null, token).ConfigureAwait(false) is { Count: > 0 } held)
                    {
                        WorkerLog.ReadBack(_logger, held.Count);
                        return held;
                    }

                    var before = sent;
                    sent = true;
                    try
                    {
                        return await _voices.ClaimVoicesAsync(ClaimOf(limit, claimId), null, token).ConfigureAwait(false);
                    }
                    catch (Exception e) when (e is DatabaseConnectionException || !ConnectionLoss.IsCauseOf(e))
                    {
                        // No connection, or an error of the server: this try has claimed nothing.
                        sent = before;
                        throw;
                    }
                },
                DatabaseRetry.IsTransient,
                _voices.Time,
                _logger,
                _shutDownTimeOver.Token,
                stoppingToken,
                ReportCannotClaim).ConfigureAwait(false);
            sent = false;
            return (requests, answerWasLost);
        }
        finally
        {
            // Cancelled: what it may have claimed is given back at the end.
            if (sent)
                _lostClaims.Add(claimId, []);
        }
    }

    private VoiceClaim ClaimOf(int limit, Guid claimId) =>
        new(_options.WorkerId, limit, _options.LeaseDuration) { LoadedVoiceMappingIds = [.. _synthesizer.LoadedVoiceMappingIds], ClaimId = claimId };

    private void ReportCannotClaim(Exception error) => _health.Report(_options, Claiming, $"Worker {_options.WorkerId} cannot claim: {error.Message}");

    /// <summary>Starts what was claimed, or releases it when the worker is about to end.</summary>
    /// <param name="requests">What was claimed.</param>
    /// <param name="transferred">How many of them take the places of requests that are synthesized and being reported.</param>
    private Task StartAsync(IReadOnlyList<VoiceRequest> requests, int transferred) =>
        TryStart(requests, transferred) ? Task.CompletedTask : ReleaseAsync([.. requests.Select(request => request.Fence)]);

    private bool TryStart(IReadOnlyList<VoiceRequest> requests, int transferred)
    {
        lock (_starting)
        {
            if (_finishing || _stopping.IsCancellationRequested)
                return false;

            _capacity.Transfer(transferred);
            foreach (var request in requests)
            {
                if (request.PreviousWorkerId is { } previous)
                    WorkerLog.TakenOver(_logger, request.Id, request.VideoId, request.Attempt, previous);
                var synthesis = _syntheses[request.Fence] = new Synthesis(request, _shutDownTimeOver.Token);
                synthesis.Completion = SynthesizeAsync(synthesis);
            }

            return true;
        }
    }
}
