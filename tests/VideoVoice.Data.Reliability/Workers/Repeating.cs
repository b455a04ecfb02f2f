using Npgsql;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>What a service does about a call that failed for a reason of the database: it goes on, with the same call or with the next.</summary>
internal static class Repeating
{
    /// <summary>
    /// Whether the error is one that a fault of a run can cause: a lost connection, or an error of the server that says that it could not. Any other, such as a
    /// violated constraint, is a defect, and ends the process that gets it.
    /// </summary>
    internal static bool IsFault(Exception exception) => ConnectionLoss.IsCauseOf(exception) || exception is PostgresException
    {
        SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction
            or PostgresErrorCodes.DiskFull or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.IoError
            or PostgresErrorCodes.ObjectNotInPrerequisiteState or PostgresErrorCodes.ConfigurationLimitExceeded,
    };

    /// <summary>Repeats a call that may be repeated until it is answered.</summary>
    internal static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (IsFault(e))
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }
}
