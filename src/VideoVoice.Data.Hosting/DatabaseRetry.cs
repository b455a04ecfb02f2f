using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Hosting;

/// <summary>Retries a call to the database. Every statement of a worker is fenced or can be read back, so a retry after a lost answer is harmless.</summary>
internal static class DatabaseRetry
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    /// <param name="call">What is retried.</param>
    /// <param name="repeats">Whether an error is followed by a retry.</param>
    /// <param name="time">Measures the pauses.</param>
    /// <param name="logger">Where an error of the server is logged: the first of a series as a warning, the others at Debug.</param>
    /// <param name="breakOff">Abandons a call that is running, because Npgsql may not return in time when it is cancelled.</param>
    /// <param name="stop">Ends the retries.</param>
    /// <param name="failed">Called with each error that is followed by a retry.</param>
    internal static async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> call,
        Func<Exception, bool> repeats,
        TimeProvider time,
        ILogger logger,
        CancellationToken breakOff,
        CancellationToken stop,
        Action<Exception>? failed = null)
    {
        var said = false;
        for (var backOff = s_first; ; backOff = backOff * 2 < s_longest ? backOff * 2 : s_longest)
        {
            try
            {
                return await TimeLimit.RunAsync(call, Timeout.InfiniteTimeSpan, breakOff).ConfigureAwait(false);
            }
            catch (Exception e) when (repeats(e) && !breakOff.IsCancellationRequested)
            {
                // An unreachable database is logged once, where connections are opened.
                if (ConnectionLoss.IsCauseOf(e))
                    WorkerLog.DatabaseAway(logger, backOff, e.Message);
                else if (said)
                    WorkerLog.ServerErrorAgain(logger, backOff, e.Message);
                else
                    WorkerLog.ServerError(logger, backOff, e);
                said |= !ConnectionLoss.IsCauseOf(e);
                failed?.Invoke(e);
                await Task.Delay(backOff * (0.5 + Random.Shared.NextDouble()), time, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Whether the same call may succeed later: the connection was lost, or the error is temporary, such as a deadlock, a full disk or no free connection,
    /// or the server has become read-only, as the old primary does in a failover.
    /// </summary>
    internal static bool IsTransient(Exception e) =>
        ConnectionLoss.IsCauseOf(e) || e is PostgresException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };

    /// <summary>
    /// Whether a report is retried: synthesized audio is kept until somebody has repaired the server (a missing right, a statement_timeout). Not when its
    /// own values cannot be stored (class 22 and 23).
    /// </summary>
    internal static bool MayBeReportedLater(Exception e) => IsTransient(e) || (e is PostgresException p && !p.SqlState.StartsWith("22", StringComparison.Ordinal) && !p.SqlState.StartsWith("23", StringComparison.Ordinal));
}
