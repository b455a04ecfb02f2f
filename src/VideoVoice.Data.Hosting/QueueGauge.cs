using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>Updates the gauges of the queue at an interval. It sends no query while nobody listens to them.</summary>
internal sealed class QueueGauge(StatusManager? status, TimeProvider time, ILogger<QueueGauge> logger) : BackgroundService
{
    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (status is not null && StatusManager.QueueIsMeasured)
                    await status.GetQueueStatisticsAsync(null, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (ConnectionLoss.IsCauseOf(e) && !stoppingToken.IsCancellationRequested)
            {
                // An unreachable database is logged once, where connections are opened.
                WorkerLog.DatabaseAway(logger, Interval, e.Message);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                WorkerLog.GaugeFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
