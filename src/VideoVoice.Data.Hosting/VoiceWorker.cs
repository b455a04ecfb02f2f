using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Hosting;

/// <summary>Claims requests up to its free capacity, has them synthesized and reports the results. It holds no connection during a synthesis, and no error ends it.</summary>
internal sealed partial class VoiceWorker<TSynthesizer> : BackgroundService
    where TSynthesizer : class, IVoiceSynthesizer
{
    /// <summary>How long reports and releases may take after the shut-down time is over.</summary>
    private static readonly TimeSpan s_releaseTime = TimeSpan.FromSeconds(2);

    /// <summary>How much later the host may receive a signal than a child process of the synthesizer.</summary>
    private static readonly TimeSpan s_signalDelay = TimeSpan.FromMilliseconds(200);

    private readonly VoiceManager _voices;
    private readonly TSynthesizer _synthesizer;
    private readonly VoiceWorkerOptions _options;
    private readonly WorkerHealth _health;
    private readonly CancellationToken _hostIsStopping;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<VoiceFence, Synthesis> _syntheses = new();
    private readonly CompletionBatcher _completions;
    private readonly Capacity _capacity;
    private readonly FailureStreak _failures;
    private readonly LostClaims _lostClaims;
    private readonly CancellationTokenSource _shutDownTimeOver = new();
    private readonly CancellationTokenSource _givenUp = new();
    private readonly Lock _starting = new();
    private CancellationToken _stopping;
    private bool _finishing;

    public VoiceWorker(VoiceManager voices, TSynthesizer synthesizer, VoiceWorkerOptions options, WorkerHealth health, IHostApplicationLifetime? host, ILogger<VoiceWorker<TSynthesizer>> logger)
    {
        (_voices, _synthesizer, _options, _health, _logger) = (voices, synthesizer, options, health, logger);
        _hostIsStopping = host?.ApplicationStopping ?? CancellationToken.None;
        _capacity = new Capacity(_options.Concurrency);
        _completions = new CompletionBatcher(CompleteAsync, _options.Concurrency);
        _failures = new FailureStreak(_options, health, voices.Time, logger);
        _lostClaims = new LostClaims(voices, _options.LeaseDuration);
    }

    /// <summary>Stops claiming, lets running requests finish until the token is cancelled, and then releases them.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        void TimeIsOver()
        {
            // No callback of Npgsql is registered on it, so the timer's thread runs only this library's code.
            _givenUp.CancelAfter(s_releaseTime);
            // Asynchronously: the synthesizer's callbacks on its token may block or throw.
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
        // The services of a host stop one after the other, so StopAsync may be called long after the stop began.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _hostIsStopping);
        _stopping = stopping.Token;
        using var finished = new CancellationTokenSource();
        var heartbeats = new Heartbeats(_voices, _options, _syntheses, _logger).RunAsync(finished.Token);
        var lateClaims = ReleaseLateClaimsUntilStoppedAsync(finished.Token);
        try
        {
            await ClaimUntilStoppedAsync(_stopping).ConfigureAwait(false);
        }
        finally
        {
            // Also when an error is to stop the host: running requests are finished first.
            await FinishAsync().ConfigureAwait(false);
            await finished.CancelAsync().ConfigureAwait(false);
            await heartbeats.ConfigureAwait(false);
            await lateClaims.ConfigureAwait(false);
        }

        WorkerLog.Stopped(_logger, _options.WorkerId);
    }

    private async Task SynthesizeAsync(Synthesis synthesis)
    {
        // A synthesizer that works before its first await must not delay the claims.
        await Task.Yield();
        var request = synthesis.Request;
        using var activity = Telemetry.StartMessaging("synthesize", "process", ActivityKind.Consumer, request.TraceParent);
        activity?.SetTag("messaging.message.id", request.Id).SetTag("videovoice.video.id", request.VideoId).SetTag("videovoice.attempt", request.Attempt);
        try
        {
            var started = _voices.Time.GetTimestamp();
            SynthesizedVoice voice;
            try
            {
                voice = await _synthesizer.SynthesizeAsync(request, synthesis.Token).ConfigureAwait(false)
                    ?? throw new InvalidOperationException($"{typeof(TSynthesizer).Name}.SynthesizeAsync returned null.");
            }
            catch (Exception e) when (!synthesis.Token.IsCancellationRequested && e is not PermanentVoiceException)
            {
                // A signal to the process group, as Ctrl-C and systemd send it, ends the synthesizer's child processes, too.
                await Task.Delay(s_signalDelay, TimeProvider.System, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!_stopping.IsCancellationRequested)
                    _failures.Failed(request.Id, e);
                throw;
            }

            var seconds = _voices.Time.GetElapsedTime(started).TotalSeconds;
            Telemetry.SynthesisDuration.Record(seconds);
            _failures.Succeeded();
            var completion = new VoiceCompletion(request.Fence, voice.OutputAudioPath, voice.RemoteStoragePath);
            var outcome = await ReportAsync(synthesis, token => _completions.CompleteAsync(completion, token)).ConfigureAwait(false);
            WorkerLog.Completed(_logger, request.Id, request.VideoId, request.Position, request.CharacterName, request.Attempt, seconds, outcome);
            if (outcome != WriteOutcome.Applied && !synthesis.Token.IsCancellationRequested)
                WorkerLog.LeaseLost(_logger, request.Id, request.Attempt, outcome);
        }
        catch (Exception) when (synthesis.Token.IsCancellationRequested)
        {
            // The lease is gone, or the shut-down time is over and FinishAsync gives the request back. Whatever it threw is no failure of the request.
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && !synthesis.Reporting)
        {
            await ReleaseAsync([request.Fence], _ => WorkerLog.GivenBackAtStop(_logger, request.Id, request.Attempt, e.Message)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            await FailAsync(synthesis, e).ConfigureAwait(false);
        }
        finally
        {
            if (!_shutDownTimeOver.IsCancellationRequested || synthesis.Reported)
                _syntheses.TryRemove(request.Fence, out _);
            synthesis.Dispose();
            _capacity.Release();
        }
    }

    private async Task FinishAsync()
    {
        lock (_starting)
            _finishing = true;
        try
        {
            await Task.WhenAll(_syntheses.Values.Select(synthesis => synthesis.Completion)).WaitAsync(_givenUp.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_givenUp.IsCancellationRequested)
        {
            // A synthesizer ignores its token. Its request is released nevertheless, and the fence refuses its late result.
        }

        HashSet<VoiceFence> held = [.. _syntheses.Keys];
        try
        {
            while (await TimeLimit.RunAsync(_lostClaims.ReadAsync, s_releaseTime, CancellationToken.None).ConfigureAwait(false) is var (requests, _))
                held.UnionWith(requests.Select(request => request.Fence));
            var late = await TimeLimit.RunAsync(_lostClaims.ReadAgainAsync, s_releaseTime, CancellationToken.None).ConfigureAwait(false);
            held.UnionWith(late.Select(request => request.Fence));
        }
        catch (Exception e)
        {
            WorkerLog.NotReadBack(_logger, e);
        }

        await ReleaseAsync([.. held]).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(IReadOnlyCollection<VoiceFence> fences, Action<int>? log = null)
    {
        if (fences.Count == 0)
            return;

        try
        {
            using var over = new CancellationTokenSource(s_releaseTime, TimeProvider.System);
            var outcomes = await DatabaseRetry.RunAsync(
                token => _voices.ReleaseVoicesAsync(fences, null, token), DatabaseRetry.IsTransient, _voices.Time, _logger, over.Token, over.Token).ConfigureAwait(false);
            log ??= count => WorkerLog.Released(_logger, count);
            log(outcomes.Count(o => o.Outcome == WriteOutcome.Applied));
        }
        catch (Exception e)
        {
            WorkerLog.ReleaseFailed(_logger, fences.Count, e);
        }
    }
}
