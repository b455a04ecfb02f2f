using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Hosting;

/// <summary>Claims requests up to its free capacity, has them synthesized and reports. No connection is held meanwhile. No error ends it.</summary>
internal sealed class VoiceWorker<TSynthesizer> : BackgroundService
    where TSynthesizer : class, IVoiceSynthesizer
{
    private const string Claiming = "claim";

    /// <summary>How long reporting and giving back may take once the shut-down time is over.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_longestBackOff = TimeSpan.FromSeconds(30);

    private readonly VoiceManager _voices;
    private readonly TSynthesizer _synthesizer;
    private readonly VoiceWorkerOptions _options;
    private readonly WorkerHealth _health;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<VoiceFence, VoiceJob> _jobs = new();
    private readonly CompletionBatches _completions;
    private readonly Capacity _capacity;
    private readonly FailureStreak _failures;
    private readonly LostClaims _lostClaims;
    private readonly CancellationTokenSource _shutDownTimeOver = new();
    private readonly CancellationTokenSource _givenUp = new();
    private readonly Lock _starting = new();
    private readonly SemaphoreSlim _readingBack = new(1);
    private CancellationToken _stopping;
    private bool _finishing;
    private int _emptyClaims;

    public VoiceWorker(VoiceManager voices, TSynthesizer synthesizer, VoiceWorkerOptions options, WorkerHealth health, ILogger<VoiceWorker<TSynthesizer>> logger)
    {
        (_voices, _synthesizer, _options, _health, _logger) = (voices, synthesizer, options, health, logger);
        _capacity = new Capacity(_options.Concurrency);
        _completions = new CompletionBatches(CompleteAsync, _options.Concurrency);
        _failures = new FailureStreak(_options, health, logger);
        _lostClaims = new LostClaims(voices);
    }

    /// <summary>Claims no more, lets what runs finish until the token is cancelled, and then gives it back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        void TimeIsOver()
        {
            // Nothing of Npgsql's is registered on it, so the timer's thread runs only what is ours.
            _givenUp.CancelAfter(s_lastWords);
            // Not here and now: what a synthesizer has registered on its token may block or throw.
            _ = _shutDownTimeOver.CancelAsync();
        }

        var registration = cancellationToken.UnsafeRegister(static over => ((Action)over!)(), (Action)TimeIsOver);
        await using (registration.ConfigureAwait(false))
            await base.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        base.Dispose();
        _shutDownTimeOver.Dispose();
        _givenUp.Dispose();
        _capacity.Dispose();
        _readingBack.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkerLog.Started(_logger, _options.WorkerId, _options.Concurrency, _options.LeaseDuration);
        _stopping = stoppingToken;
        using var finished = new CancellationTokenSource();
        var heartbeats = new Heartbeats(_voices, _options, _jobs, _logger).RunAsync(finished.Token);
        try
        {
            await ClaimUntilStoppedAsync(stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            // Also when the host is to stop because of an error: it learns of it when what runs is synthesized.
            await FinishAsync().ConfigureAwait(false);
            await finished.CancelAsync().ConfigureAwait(false);
            await heartbeats.ConfigureAwait(false);
        }

        WorkerLog.Stopped(_logger, _options.WorkerId);
    }

    private async Task ClaimUntilStoppedAsync(CancellationToken stoppingToken)
    {
        var backOff = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ClaimAsync(stoppingToken).ConfigureAwait(false);
                backOff = TimeSpan.Zero;
                _health.Clear(_options, Claiming);
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
                _health.Report(_options, Claiming, $"Worker {_options.WorkerId} cannot claim: {e.Message}");
                await Task.Delay(backOff * (0.5 + Random.Shared.NextDouble()), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits for free capacity, claims as much as there is, and waits for work when there is none.</summary>
    private async Task ClaimAsync(CancellationToken stoppingToken)
    {
        var free = await _capacity.TakeAsync(stoppingToken).ConfigureAwait(false);
        IReadOnlyList<VoiceRequest> requests = [];
        try
        {
            await _failures.WaitAsync(stoppingToken).ConfigureAwait(false);
            requests = await ClaimAsync(_failures.IsPaused ? 1 : free, stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            _capacity.Return(free - requests.Count);
        }

        if (!TryStart(requests, handedOn: 0))
            await ReleaseAsync([.. requests.Select(request => request.Fence)]).ConfigureAwait(false);
        stoppingToken.ThrowIfCancellationRequested();

        _emptyClaims = requests.Count == 0 ? _emptyClaims + 1 : 0;
        if (_emptyClaims == 0)
            return;

        // A request that somebody has locked is there to see and not to claim: without a pause the wait for work would end at once, over and over.
        if (_emptyClaims > 1)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << Math.Min(_emptyClaims, 10), 1000)), stoppingToken).ConfigureAwait(false);
        await _voices.WaitForWorkAsync(stoppingToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<VoiceRequest>> ClaimAsync(int limit, CancellationToken stoppingToken)
    {
        var claimId = Guid.CreateVersion7();
        var sent = false;
        try
        {
            // The host's stop does not break off a claim: with its answer lost, its requests would be nobody's until they are read back.
            var requests = await DatabaseRetry.RunAsync(
                async token =>
                {
                    if (sent && await _voices.ListClaimedVoicesAsync(claimId, null, token).ConfigureAwait(false) is { Count: > 0 } held)
                    {
                        WorkerLog.ReadBack(_logger, held.Count);
                        return held;
                    }

                    var before = sent;
                    sent = true;
                    try
                    {
                        return await _voices.ClaimVoicesAsync(
                            _options.WorkerId, limit, _options.LeaseDuration, _synthesizer.LoadedVoiceMappingIds, claimId, null, token).ConfigureAwait(false);
                    }
                    catch (Exception e) when (e is DatabaseConnectionException || !ConnectionLoss.IsCauseOf(e))
                    {
                        // No connection, or the server's own refusal: this try has taken nothing.
                        sent = before;
                        throw;
                    }
                },
                DatabaseRetry.IsTransient,
                _logger,
                _shutDownTimeOver.Token,
                stoppingToken).ConfigureAwait(false);
            sent = false;
            return requests;
        }
        finally
        {
            // Broken off: what it took, if it did, is given back at the end.
            if (sent)
                _lostClaims.Add(claimId, []);
        }
    }

    /// <summary>False when the worker is about to end: then nothing has begun.</summary>
    /// <param name="requests">What was claimed.</param>
    /// <param name="handedOn">How many places of the capacity they take over from requests that have been synthesized and are being reported.</param>
    private bool TryStart(IReadOnlyList<VoiceRequest> requests, int handedOn)
    {
        lock (_starting)
        {
            if (_finishing || _stopping.IsCancellationRequested)
                return false;

            _capacity.HandOn(handedOn);
            foreach (var request in requests)
            {
                if (request.PreviousWorkerId is { } previous)
                    WorkerLog.TakenOver(_logger, request.Id, request.VideoId, request.Attempt, previous);
                var job = _jobs[request.Fence] = new VoiceJob(request, _shutDownTimeOver.Token);
                job.Running = SynthesizeAsync(job);
            }

            return true;
        }
    }

    /// <summary>Reports what has been synthesized and, in the same round trip, claims as many requests in its place.</summary>
    private async Task<IReadOnlyList<VoiceOutcome>> CompleteAsync(IReadOnlyList<VoiceCompletion> completions)
    {
        if (_finishing || _stopping.IsCancellationRequested || _failures.IsPaused)
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);

        var claimId = Guid.CreateVersion7();
        VoiceFence[] places = [];
        IReadOnlyList<VoiceOutcome> outcomes;
        IReadOnlyList<VoiceRequest> requests;
        try
        {
            places = await ReadBackAsync(completions).ConfigureAwait(false);
            if (places.Length == 0)
                return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);

            (outcomes, requests) = await _voices.CompleteAndClaimVoicesAsync(
                completions, _options.WorkerId, places.Length, _options.LeaseDuration, _synthesizer.LoadedVoiceMappingIds, claimId).ConfigureAwait(false);
        }
        catch (Exception e) when (ConnectionLoss.IsCauseOf(e))
        {
            if (e is not DatabaseConnectionException)
                _lostClaims.Add(claimId, places);
            throw;
        }
        catch (Exception)
        {
            // Whatever is wrong with the claim, it must not keep back what is synthesized.
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);
        }

        if (!TryStart(requests, handedOn: requests.Count))
            await ReleaseAsync([.. requests.Select(request => request.Fence)]).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>Starts what lost claims took, and says in whose places a request may still be claimed: one whose place is taken over already gives none.</summary>
    private async Task<VoiceFence[]> ReadBackAsync(IReadOnlyList<VoiceCompletion> completions)
    {
        // One at a time: the other batch must not claim for places that are about to be taken over.
        await _readingBack.WaitAsync().ConfigureAwait(false);
        try
        {
            while (await _lostClaims.ReadAsync(CancellationToken.None).ConfigureAwait(false) is var (requests, places))
            {
                WorkerLog.ReadBack(_logger, requests.Count);
                if (!TryStart(requests, handedOn: requests.Count))
                    await ReleaseAsync([.. requests.Select(request => request.Fence)]).ConfigureAwait(false);
                foreach (var place in places.Take(requests.Count))
                {
                    if (_jobs.TryGetValue(place, out var job))
                        job.PlaceTaken = true;
                }
            }

            return [.. completions.Select(completion => completion.Fence).Where(fence => !_jobs.TryGetValue(fence, out var job) || !job.PlaceTaken)];
        }
        finally
        {
            _readingBack.Release();
        }
    }

    private async Task SynthesizeAsync(VoiceJob job)
    {
        // So that a synthesizer that works before its first await does not hold up the claims.
        await Task.Yield();
        var request = job.Request;
        using var activity = WorkerTelemetry.Source.StartActivity("speak_voice", ActivityKind.Consumer, request.TraceParent);
        activity?.SetTag("videovoice.voice.id", request.Id).SetTag("videovoice.video.id", request.VideoId).SetTag("videovoice.attempt", request.Attempt);
        try
        {
            var started = Stopwatch.GetTimestamp();
            SynthesizedVoice voice;
            try
            {
                voice = await _synthesizer.SynthesizeAsync(request, job.Token).ConfigureAwait(false)
                    ?? throw new InvalidOperationException($"{typeof(TSynthesizer).Name}.SynthesizeAsync returned null.");
            }
            catch (Exception e) when (!job.Token.IsCancellationRequested && e is not PermanentVoiceException && !_stopping.IsCancellationRequested)
            {
                _failures.Failed(request.Id, e);
                throw;
            }

            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            WorkerTelemetry.Speaking.Record(seconds);
            _failures.Succeeded();
            var completion = new VoiceCompletion(request.Fence, voice.OutputAudioPath, voice.RemoteStoragePath);
            var outcome = await ReportAsync(job, token => _completions.CompleteAsync(completion, token)).ConfigureAwait(false);
            WorkerLog.Completed(_logger, request.Id, request.VideoId, request.Position, request.CharacterName, request.Attempt, seconds, outcome);
        }
        catch (Exception) when (job.Token.IsCancellationRequested)
        {
            // The lease is gone, or the shut-down time is over and FinishAsync gives the request back. What broke off in whatever way is no failure of the request.
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && !job.Reporting)
        {
            // A signal to the process group, as Ctrl-C and systemd send it, ends the synthesizer's child processes, too.
            WorkerLog.GivenBackAtStop(_logger, request.Id, request.Attempt, e.Message);
            await ReleaseAsync([request.Fence]).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            await FailAsync(job, e).ConfigureAwait(false);
        }
        finally
        {
            if (!_shutDownTimeOver.IsCancellationRequested || job.Reported)
                _jobs.TryRemove(request.Fence, out _);
            job.Dispose();
            _capacity.Leave();
        }
    }

    private async Task FailAsync(VoiceJob job, Exception error)
    {
        var request = job.Request;
        // PostgreSQL stores neither U+0000 nor half a surrogate pair; UTF-8 replaces the latter.
        var message = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(error.Message)).Replace('\0', ' ');
        if (string.IsNullOrWhiteSpace(message))
            message = error.GetType().Name;
        try
        {
            var (outcome, retryAt) = await ReportAsync(job, token => _voices.FailAsync(
                request.Id, request.Attempt, message, error is PermanentVoiceException, null, token)).ConfigureAwait(false);
            if (outcome == Outcome.RetryScheduled)
                WorkerLog.WillBeRetried(_logger, request.Id, request.VideoId, request.Attempt, request.MaxAttempts, retryAt, error);
            else
                WorkerLog.FailedForGood(_logger, request.Id, request.VideoId, request.Attempt, outcome, error);
        }
        catch (Exception e)
        {
            WorkerLog.ReportFailed(_logger, request.Id, request.Attempt, e);
        }
    }

    /// <summary>Repeats a report until the database has it: synthesized audio is not thrown away because of an error of the server.</summary>
    private async Task<T> ReportAsync<T>(VoiceJob job, Func<CancellationToken, Task<T>> report)
    {
        job.Reporting = true;
        var outcome = await DatabaseRetry.RunAsync(report, DatabaseRetry.MayBeReportedLater, _logger, _givenUp.Token, _givenUp.Token).ConfigureAwait(false);
        job.Reported = true;
        return outcome;
    }

    private async Task FinishAsync()
    {
        lock (_starting)
            _finishing = true;
        try
        {
            await Task.WhenAll(_jobs.Values.Select(job => job.Running)).WaitAsync(_givenUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_givenUp.IsCancellationRequested)
        {
            // A synthesizer does not heed its token. Its request is given back all the same; the fence keeps its late result out.
        }

        HashSet<VoiceFence> held = [.. _jobs.Keys];
        try
        {
            while (await TimeLimit.RunAsync(_lostClaims.ReadAsync, s_lastWords, CancellationToken.None).ConfigureAwait(false) is var (requests, _))
                held.UnionWith(requests.Select(request => request.Fence));
        }
        catch (Exception e)
        {
            WorkerLog.NotReadBack(_logger, e);
        }

        await ReleaseAsync([.. held]).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(IReadOnlyCollection<VoiceFence> fences)
    {
        if (fences.Count == 0)
            return;

        try
        {
            using var over = new CancellationTokenSource(s_lastWords);
            var outcomes = await DatabaseRetry.RunAsync(
                token => _voices.ReleaseVoicesAsync(fences, null, token), DatabaseRetry.IsTransient, _logger, over.Token, over.Token).ConfigureAwait(false);
            WorkerLog.Released(_logger, outcomes.Count(o => o.Outcome == Outcome.Applied));
        }
        catch (Exception e)
        {
            WorkerLog.ReleaseFailed(_logger, fences.Count, e);
        }
    }
}
