using System.Data;
using System.Net.Sockets;
using Npgsql;

namespace VideoVoice.Data;

/// <summary>Tells a lost connection from an error of the server or of the caller.</summary>
public static class ConnectionLoss
{
    /// <summary>
    /// Whether the exception says that no connection could be opened, or that one broke while a statement ran: the statement may have taken effect or not.
    /// These count: <see cref="DatabaseConnectionException"/>; SQLSTATE 57P01 to 57P05 (shut down, crashed, starting, database dropped, idle for too long) and
    /// class 08; what Npgsql reports of its connection and of time-outs; and any of these inside a <see cref="DataException"/>, in which Dapper wraps what is
    /// thrown while it reads a row. A cancelled statement (57014) and every other error of the server do not count.
    /// </summary>
    /// <param name="exception">What a method of this library, Npgsql or Dapper has thrown.</param>
    /// <returns>True for a lost connection. docs/reliability.md says which calls may then be repeated.</returns>
    public static bool IsCauseOf(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            DatabaseConnectionException => true,
            PostgresException postgres => IsLost(postgres.SqlState),
            NpgsqlOperationInProgressException => false,
            NpgsqlException or IOException or SocketException or TimeoutException => true,
            DataException { InnerException: { } inner } => IsCauseOf(inner),
            _ => IsOutOfStep(exception),
        };
    }

    /// <summary>
    /// Npgsql throws a plain <see cref="Exception"/> with this text when an answer is not the one that it expects. The connection is of no use from then on,
    /// but Npgsql does not close it.
    /// </summary>
    internal static bool IsOutOfStep(Exception exception) =>
        exception.GetType() == typeof(Exception) && exception.Message.StartsWith("Received unexpected backend message", StringComparison.Ordinal);

    private static bool IsLost(string sqlState) => sqlState switch
    {
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.DatabaseDropped or PostgresErrorCodes.IdleSessionTimeout => true,
        _ => sqlState.StartsWith("08", StringComparison.Ordinal),
    };
}
