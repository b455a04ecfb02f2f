using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace VideoVoice.Data.Hosting;

/// <summary>Claims requests up to its free capacity, has them spoken, keeps their leases and reports. No connection is held while a line is spoken.</summary>
internal sealed class VoiceWorker<TSynthesizer> : BackgroundService
    where TSynthesizer : class, IVoiceSynthesizer
{
    /// <summary>How long reporting and giving back may take once the shut-down time is over.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(2);

    private readonly VoiceManager _voices;
    private readonly TSynthesizer _synthesizer;
    private readonly VoiceWorkerOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<VoiceFence, VoiceJob> _jobs = new();
    private readonly CompletionBatches _completions;
    private readonly Capacity _capacity;
    private readonly CancellationTokenSource _shutDownTimeOver = new();
    private readonly CancellationTokenSource _givenUp = new();
    private readonly Lock _starting = new();
    private CancellationToken _stopping;
    private bool _finishing;
    private int _emptyClaims;

    public VoiceWorker(VoiceManager voices, TSynthesizer synthesizer, IOptions<VoiceWorkerOptions> options, ILogger<VoiceWorker<TSynthesizer>> logger)
    {
        (_voices, _synthesizer, _options, _logger) = (voices, synthesizer, options.Value, logger);
        _capacity = new Capacity(_options.Concurrency);
        _completions = new CompletionBatches(CompleteAsync, _options.Concurrency);
    }

    /// <summary>Claims no more, lets what runs finish until the token is cancelled, and then gives it back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        void TimeIsOver()
        {
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
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkerLog.Started(_logger, _options.WorkerId, _options.Concurrency, _options.LeaseDuration);
        _stopping = stoppingToken;
        using var finished = new CancellationTokenSource();
        var heartbeats = HeartbeatAsync(finished.Token);
        try
        {
            while (true)
                await ClaimAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            // Also when a claim has failed for a reason that no repeat cures: the host learns of it when what runs is spoken.
            await FinishAsync().ConfigureAwait(false);
            await finished.CancelAsync().ConfigureAwait(false);
            await heartbeats.ConfigureAwait(false);
        }

        WorkerLog.Stopped(_logger, _options.WorkerId);
    }

    /// <summary>Waits for free capacity, claims as much as there is, and waits for work when there is none.</summary>
    private async Task ClaimAsync(CancellationToken stoppingToken)
    {
        var free = await _capacity.TakeAsync(stoppingToken).ConfigureAwait(false);
        IReadOnlyList<VoiceRequest> requests = [];
        try
        {
            // The host's stop does not break off a claim: with its answer lost, its requests would be nobody's until their leases end.
            requests = await DatabaseRetry.RunAsync(
                _ => _voices.ClaimVoicesAsync(_options.WorkerId, free, _options.LeaseDuration, _synthesizer.LoadedVoiceMappingIds, null, _shutDownTimeOver.Token),
                _logger,
                stoppingToken).ConfigureAwait(false);
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

    /// <summary>False when the worker is about to end: then nothing has begun.</summary>
    /// <param name="requests">What was claimed.</param>
    /// <param name="handedOn">How many places of the capacity they take over from requests that have been spoken and are being reported.</param>
    private bool TryStart(IReadOnlyList<VoiceRequest> requests, int handedOn)
    {
        lock (_starting)
        {
            if (_finishing || _stopping.IsCancellationRequested)
                return false;

            _capacity.HandOn(handedOn);
            foreach (var request in requests)
            {
                var job = _jobs[request.Fence] = new VoiceJob(request, _shutDownTimeOver.Token);
                job.Running = SpeakAsync(job);
            }

            return true;
        }
    }

    /// <summary>Reports what has been spoken and, in the same round trip, claims as many requests in its place.</summary>
    private async Task<IReadOnlyList<VoiceOutcome>> CompleteAsync(IReadOnlyList<VoiceCompletion> completions)
    {
        if (_finishing || _stopping.IsCancellationRequested)
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);

        IReadOnlyList<VoiceOutcome> outcomes;
        IReadOnlyList<VoiceRequest> requests;
        try
        {
            (outcomes, requests) = await _voices.CompleteAndClaimVoicesAsync(
                completions, _options.WorkerId, completions.Count, _options.LeaseDuration, _synthesizer.LoadedVoiceMappingIds).ConfigureAwait(false);
        }
        catch (Exception e) when (!DatabaseRetry.IsAway(e))
        {
            // Whatever is wrong with the claim, it must not keep back what is spoken.
            return await _voices.CompleteVoicesAsync(completions).ConfigureAwait(false);
        }

        if (!TryStart(requests, handedOn: requests.Count))
            await ReleaseAsync([.. requests.Select(request => request.Fence)]).ConfigureAwait(false);
        return outcomes;
    }

    private async Task SpeakAsync(VoiceJob job)
    {
        // So that a synthesizer that works before its first await does not hold up the claims.
        await Task.Yield();
        var request = job.Request;
        using var activity = WorkerTelemetry.Source.StartActivity("speak_voice", ActivityKind.Consumer, request.TraceParent);
        activity?.SetTag("videovoice.voice.id", request.Id).SetTag("videovoice.video.id", request.VideoId).SetTag("videovoice.attempt", request.Attempt);
        try
        {
            var started = Stopwatch.GetTimestamp();
            var voice = await _synthesizer.SynthesizeAsync(request, job.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"{typeof(TSynthesizer).Name}.SynthesizeAsync returned null.");
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            WorkerTelemetry.Speaking.Record(seconds);
            var completion = new VoiceCompletion(request.Fence, voice.OutputAudioPath, voice.RemoteStoragePath);
            var outcome = await ReportAsync(job, token => _completions.CompleteAsync(completion, token)).ConfigureAwait(false);
            WorkerLog.Completed(_logger, request.Id, request.Attempt, seconds, outcome);
        }
        catch (Exception) when (job.Token.IsCancellationRequested)
        {
            // The lease is gone, or the shut-down time is over and FinishAsync gives the request back. What broke off in whatever way is no failure of the line.
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
        // PostgreSQL stores neither U+0000 nor half a surrogate pair; UTF-8 replaces the latter.
        var message = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(error.Message)).Replace('\0', ' ');
        if (string.IsNullOrWhiteSpace(message))
            message = error.GetType().Name;
        try
        {
            var outcome = await ReportAsync(job, token => _voices.FailVoiceProcessingAsync(
                job.Request.Fence, message, error is PermanentVoiceException, null, token)).ConfigureAwait(false);
            WorkerLog.Failed(_logger, job.Request.Id, job.Request.Attempt, outcome, error);
        }
        catch (Exception e)
        {
            WorkerLog.ReportFailed(_logger, job.Request.Id, job.Request.Attempt, e);
        }
    }

    /// <summary>Repeats a report until the database has it: a spoken line is not thrown away because the database was away.</summary>
    private async Task<Outcome> ReportAsync(VoiceJob job, Func<CancellationToken, Task<Outcome>> report)
    {
        job.Reporting = true;
        var outcome = await DatabaseRetry.RunAsync(report, _logger, _givenUp.Token).ConfigureAwait(false);
        job.Reported = true;
        return outcome;
    }

    /// <summary>Renews all leases in one statement, three times in each lease, and stops what is no longer this worker's.</summary>
    private async Task HeartbeatAsync(CancellationToken finished)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_options.LeaseDuration / 3, finished).ConfigureAwait(false);
                await DatabaseRetry.RunAsync(RenewAsync, _logger, finished).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (finished.IsCancellationRequested)
        {
        }
    }

    private async Task<int> RenewAsync(CancellationToken cancellationToken)
    {
        // A job that was told to stop has no lease any more; one that reports may still need it.
        VoiceJob[] jobs = [.. _jobs.Values.Where(job => job.Reporting || !job.Token.IsCancellationRequested)];
        IReadOnlyList<VoiceOutcome> outcomes = [];
        try
        {
            outcomes = await _voices.HeartbeatVoicesAsync([.. jobs.Select(job => job.Request.Fence)], _options.LeaseDuration, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!DatabaseRetry.IsAway(e) && e is not OperationCanceledException)
        {
            WorkerLog.HeartbeatFailed(_logger, e);
        }

        // By fence and not by id: this worker may hold a request's next attempt beside one that it has lost.
        foreach (var (job, (_, outcome)) in jobs.Zip(outcomes).Where(pair => pair.Second.Outcome != Outcome.Applied && !pair.First.Reporting))
        {
            WorkerLog.LeaseLost(_logger, job.Request.Id, job.Request.Attempt, outcome);
            job.Cancel();
        }

        return jobs.Length;
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

        await ReleaseAsync([.. _jobs.Keys]).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(IReadOnlyCollection<VoiceFence> fences)
    {
        if (fences.Count == 0)
            return;

        try
        {
            using var last = new CancellationTokenSource(s_lastWords);
            var outcomes = await DatabaseRetry.RunAsync(token => _voices.ReleaseVoicesAsync(fences, null, token), _logger, last.Token).ConfigureAwait(false);
            WorkerLog.Released(_logger, outcomes.Count(o => o.Outcome == Outcome.Applied));
        }
        catch (Exception e)
        {
            WorkerLog.ReleaseFailed(_logger, fences.Count, e);
        }
    }
}
