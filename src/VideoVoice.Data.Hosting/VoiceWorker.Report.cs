using System.Text;

namespace VideoVoice.Data.Hosting;

internal sealed partial class VoiceWorker<TSynthesizer>
{
    private readonly SemaphoreSlim _readingBack = new(1);

    /// <summary>Reports what has been synthesized and, in the same round trip, claims as many requests in its place.</summary>
    private async Task<IReadOnlyList<VoiceOutcome>> CompleteAsync(IReadOnlyList<VoiceCompletion> completions)
    {
        if (_finishing || _stopping.IsCancellationRequested || _failures.IsPaused)
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);

        var claimId = Guid.CreateVersion7();
        VoiceFence[] places = [];
        CompleteAndClaimResult result;
        try
        {
            places = await ReadBackAsync(completions).ConfigureAwait(false);
            if (places.Length == 0)
                return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);

            result = await _voices.CompleteAndClaimVoicesAsync(completions, ClaimOf(places.Length, claimId)).ConfigureAwait(false);
        }
        catch (Exception e) when (ConnectionLoss.IsCauseOf(e))
        {
            if (e is not DatabaseConnectionException)
                _lostClaims.Add(claimId, places);
            throw;
        }
        catch (Exception)
        {
            // An error of the claim must not delay the report of what is synthesized.
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);
        }

        await StartAsync(result.Requests, transferred: result.Requests.Count).ConfigureAwait(false);
        return result.Outcomes;
    }

    /// <summary>Starts what lost claims took, and returns the completions in whose places requests may still be claimed: those whose place is not taken yet.</summary>
    private async Task<VoiceFence[]> ReadBackAsync(IReadOnlyList<VoiceCompletion> completions)
    {
        // One at a time: the other batch must not claim for places that are about to be taken.
        await _readingBack.WaitAsync().ConfigureAwait(false);
        try
        {
            while (await _lostClaims.ReadAsync(CancellationToken.None).ConfigureAwait(false) is var (requests, places))
            {
                WorkerLog.ReadBack(_logger, requests.Count);
                await StartAsync(requests, transferred: requests.Count).ConfigureAwait(false);
                foreach (var place in places.Take(requests.Count))
                {
                    if (_syntheses.TryGetValue(place, out var synthesis))
                        synthesis.PlaceTaken = true;
                }
            }

            return [.. completions.Select(completion => completion.Fence).Where(fence => !_syntheses.TryGetValue(fence, out var synthesis) || !synthesis.PlaceTaken)];
        }
        finally
        {
            _readingBack.Release();
        }
    }

    /// <summary>
    /// Releases, three times in each lease, what a lost claim took after it was read back: this worker may have no capacity for it. A request that it is
    /// working on, or that is finished, is not changed.
    /// </summary>
    private async Task ReleaseLateClaimsUntilStoppedAsync(CancellationToken finished)
    {
        while (!finished.IsCancellationRequested)
        {
            await Task.Delay(_options.LeaseDuration / 3, _voices.Time, finished).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ReleaseLateClaimsAsync(finished).ConfigureAwait(false);
            }
            catch (Exception) when (finished.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                WorkerLog.NotReadBack(_logger, e);
            }
        }
    }

    private async Task ReleaseLateClaimsAsync(CancellationToken finished)
    {
        // One at a time: what is being read back is not started yet.
        await _readingBack.WaitAsync(finished).ConfigureAwait(false);
        try
        {
            var held = await _voices.InTimeAsync(_lostClaims.ReadAgainAsync, s_releaseTime, finished).ConfigureAwait(false);
            await ReleaseAsync([.. held.Select(request => request.Fence).Where(fence => !_syntheses.ContainsKey(fence))]).ConfigureAwait(false);
        }
        finally
        {
            _readingBack.Release();
        }
    }

    private async Task FailAsync(Synthesis synthesis, Exception error)
    {
        var request = synthesis.Request;
        // PostgreSQL stores neither U+0000 nor half a surrogate pair; UTF-8 replaces the latter.
        var message = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(error.Message)).Replace('\0', ' ');
        if (string.IsNullOrWhiteSpace(message))
            message = error.GetType().Name;
        try
        {
            var (outcome, retryAt) = await ReportAsync(synthesis, token => _voices.FailAsync(
                request.Id, request.Attempt, message, error is PermanentVoiceException, null, token)).ConfigureAwait(false);
            if (outcome == WriteOutcome.RetryScheduled)
                WorkerLog.WillBeRetried(_logger, request.Id, request.VideoId, request.Attempt, request.MaxAttempts, retryAt, error);
            else if (outcome == WriteOutcome.Applied)
                WorkerLog.FailedForGood(_logger, request.Id, request.VideoId, request.Attempt, error);
            else
                WorkerLog.LeaseLost(_logger, request.Id, request.Attempt, outcome);
        }
        catch (Exception e)
        {
            WorkerLog.ReportFailed(_logger, request.Id, request.Attempt, e);
        }
    }

    /// <summary>Retries a report until the database has it: synthesized audio is not thrown away because of an error of the server.</summary>
    private async Task<T> ReportAsync<T>(Synthesis synthesis, Func<CancellationToken, Task<T>> report)
    {
        synthesis.Reporting = true;
        var outcome = await DatabaseRetry.RunAsync(
            report, e => synthesis.LeaseIsLost ? DatabaseRetry.IsTransient(e) : DatabaseRetry.MayBeReportedLater(e), _voices.Time, _logger, _givenUp.Token, _givenUp.Token).ConfigureAwait(false);
        synthesis.Reported = true;
        return outcome;
    }
}
