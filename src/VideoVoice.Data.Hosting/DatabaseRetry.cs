using Microsoft.Extensions.Logging;
using Npgsql;

namespace VideoVoice.Data.Hosting;

/// <summary>Repeats a call to the database while it is away. Every statement of a worker is fenced, so a repeat after a lost answer is harmless.</summary>
internal static class DatabaseRetry
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    internal static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, ILogger logger, CancellationToken cancellationToken)
    {
        for (var backOff = s_first; ; backOff = backOff * 2 < s_longest ? backOff * 2 : s_longest)
        {
            try
            {
                return await call(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (IsAway(e))
            {
                WorkerLog.DatabaseAway(logger, backOff, e);
                await Task.Delay(backOff * (0.5 + Random.Shared.NextDouble()), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether the server could not be reached or broke off, as in a restart or a failover; an error of a statement is none of that.</summary>
    internal static bool IsAway(Exception e) => e switch
    {
        DatabaseConnectionException => true,
        // Class 57: shut down by an administrator, crash, cannot connect now. 25006: the server has become a standby.
        PostgresException p => p.IsTransient || p.SqlState.StartsWith("57", StringComparison.Ordinal) || p.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction,
        NpgsqlException or TimeoutException or IOException => true,
        _ => false,
    };
}
