using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>
/// Distinguishes a worker that cannot synthesize (a full disk, a lost GPU) from requests that cannot be synthesized. After several different requests have
/// failed in a row, it allows one claim of one request at growing intervals until a request succeeds, so that this worker does not use up the attempts of the queue.
/// </summary>
internal sealed class FailureStreak(VoiceWorkerOptions options, WorkerHealth health, TimeProvider time, ILogger logger)
{
    private const string Kind = "pause";

    /// <summary>The longest pause, as a multiple of the first.</summary>
    private const int LongestPause = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<Guid> _failed = [];
    private TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _pause;
    private long _pausedAt;
    private bool _trying;

    internal bool IsPaused => _pause > TimeSpan.Zero;

    /// <summary>Returns at once unless the worker is paused; then when one request may be tried, or when another was synthesized.</summary>
    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan rest;
            Task resumed;
            lock (_gate)
            {
                rest = _pause - time.GetElapsedTime(_pausedAt);
                if (!IsPaused || rest <= TimeSpan.Zero)
                {
                    // The next try is allowed after another pause, also while this one is running.
                    _pausedAt = time.GetTimestamp();
                    _trying = IsPaused;
                    return;
                }

                resumed = _resumed.Task;
            }

            await resumed.WaitAsync(rest, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal void Failed(Guid voiceId, Exception error)
    {
        int failed;
        TimeSpan pause;
        lock (_gate)
        {
            _failed.Add(voiceId);
            // Requests that were running when the pause began do not extend it.
            if (IsPaused ? !_trying : _failed.Count < options.FailuresBeforePause)
                return;

            _trying = false;
            _pause = IsPaused ? TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, options.FailurePause.Ticks * LongestPause)) : options.FailurePause;
            _pausedAt = time.GetTimestamp();
            (failed, pause) = (_failed.Count, _pause);
            // Inside the lock, so that the success that ends the pause cannot come first.
            health.Report(options, Kind, $"Worker {options.WorkerId} pauses for {pause}: {failed} different requests have failed in a row, the last with: {error.Message}");
        }

        WorkerLog.Paused(logger, failed, pause, error);
    }

    internal void Succeeded()
    {
        lock (_gate)
        {
            _failed.Clear();
            if (!IsPaused)
                return;

            _pause = TimeSpan.Zero;
            _resumed.TrySetResult();
            _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            health.Clear(options, Kind);
        }

        WorkerLog.Resumed(logger);
    }
}
