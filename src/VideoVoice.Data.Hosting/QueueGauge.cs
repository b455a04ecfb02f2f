using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>
/// Updates the gauges of the queue at an interval, in one process of all that have workers on the database: the queue is the same for all. It sends no
/// query while nobody listens to them.
/// </summary>
internal sealed class QueueGauge(StatusManager? status, TimeProvider time, ILogger<QueueGauge> logger) : BackgroundService
{
    private readonly string _reader = Guid.NewGuid().ToString();

    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (status is not null && StatusManager.QueueIsMeasured && await status.IsReaderAsync(_reader, 3 * Interval, stoppingToken).ConfigureAwait(false))
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
