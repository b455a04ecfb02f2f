using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>What a service does about a call that failed for a reason of the database: it goes on, with the same call or with the next.</summary>
internal static class Repeating
{
    private static readonly ConcurrentDictionary<OpenCall, bool> s_open = new();

    /// <summary>The calls of this process that have no answer yet, those that wait longest first, each with its last error.</summary>
    internal static IEnumerable<string> OpenCalls => s_open.Keys.OrderBy(call => call.Start).Select(call =>
        $"{Stopwatch.GetElapsedTime(call.Start).TotalSeconds:0} s {call.Text} {call.LastError?.ToString().ReplaceLineEndings(" | ")}");

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
    internal static async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken, [CallerArgumentExpression(nameof(call))] string text = "")
    {
        var open = new OpenCall(text, Stopwatch.GetTimestamp());
        s_open[open] = true;
        try
        {
            while (true)
            {
                try
                {
                    return await call();
                }
                catch (Exception e) when (IsFault(e))
                {
                    open.LastError = e;
                    await Task.Delay(100, cancellationToken);
                }
            }
        }
        finally
        {
            s_open.TryRemove(open, out _);
        }
    }

    private sealed class OpenCall(string text, long start)
    {
        internal string Text { get; } = text;

        internal long Start { get; } = start;

        internal Exception? LastError { get; set; }
    }
}
