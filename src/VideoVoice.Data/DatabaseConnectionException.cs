using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data;

/// <summary>Why no connection could be opened.</summary>
public enum ConnectionProblem
{
    /// <summary>Nobody answers at the host and port, or not in time.</summary>
    ConnectionRefused,

    /// <summary>The server refused the user or the password.</summary>
    AuthenticationFailed,

    /// <summary>The server has no database of that name.</summary>
    DatabaseNotFound,

    /// <summary>The user may not connect to the database.</summary>
    PermissionDenied,

    /// <summary>All connections of the pool or of the server are taken.</summary>
    TooManyConnections,

    /// <summary>No address is known for the host's name.</summary>
    HostNotFound,

    /// <summary>The connection could not be encrypted as <c>SSL Mode</c> asks: an unknown authority, another host's certificate, a server without TLS.</summary>
    EncryptionFailed,

    /// <summary>A connection pooler in transaction mode stands before the server, and <see cref="VideoVoiceOptions.BehindPgBouncer"/> is not set.</summary>
    PoolerFound,

    /// <summary>Something else; the inner exception says what.</summary>
    Other,
}

/// <summary>No connection to PostgreSQL could be opened, or a pooler shares it with others. The message names the likely cause and its cure; it never holds a password.</summary>
public sealed class DatabaseConnectionException : Exception
{
    private DatabaseConnectionException(ConnectionProblem problem, string message, Exception inner)
        : base(message, inner) => Problem = problem;

    /// <summary>The likely cause.</summary>
    public ConnectionProblem Problem { get; }

    internal static bool Explains(Exception e) =>
        e is NpgsqlException or SocketException or TimeoutException or IOException or UnauthorizedAccessException or AuthenticationException;

    /// <summary>A start-up parameter that a pooler does not know; a prepared statement that is not on this connection, or is there already.</summary>
    internal static bool IsOfPooler(PostgresException e) =>
        (e.SqlState == PostgresErrorCodes.ProtocolViolation && e.MessageText.StartsWith("unsupported startup parameter", StringComparison.Ordinal))
        || e.SqlState == PostgresErrorCodes.InvalidSqlStatementName
        || e.SqlState == PostgresErrorCodes.DuplicatePreparedStatement;

    internal static DatabaseConnectionException Explain(Exception e, string connectionString)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var server = ConnectionStrings.ServerOf(target);
        var problem = ProblemOf(e);
        var message = problem switch
        {
            ConnectionProblem.ConnectionRefused when target.Host?.Contains(',', StringComparison.Ordinal) == true =>
                $"None of {server} answers as the primary, or as what Target Session Attributes asks for. Start one, promote a standby, or correct the hosts and ports, or open the network to them.",
            ConnectionProblem.ConnectionRefused =>
                $"No PostgreSQL answers at {server}. Start the service, or correct the host and port, or open the network to it.",
            ConnectionProblem.AuthenticationFailed =>
                $"PostgreSQL at {server} refused the user '{target.Username}'. Verify the user's name and password, and the line for this client in pg_hba.conf.{Server(e)}",
            ConnectionProblem.DatabaseNotFound =>
                $"PostgreSQL at {server} has no database '{target.Database}'. Run SchemaInitializer.InitializeAsync with CreateDatabase, or correct the name.",
            ConnectionProblem.PermissionDenied =>
                $"The user '{target.Username}' may not connect to the database '{target.Database}' at {server}. Grant it: grant connect on database \"{target.Database}\" to \"{target.Username}\".",
            ConnectionProblem.TooManyConnections when e is PostgresException { MessageText: var text } && text.StartsWith("too many connections for ", StringComparison.Ordinal) =>
                $"A limit of its own leaves the user '{target.Username}' or the database '{target.Database}' at {server} no further connection.{Server(e)} Raise it (alter role or alter database ... connection limit), or lower Maximum Pool Size of its clients.",
            ConnectionProblem.HostNotFound =>
                $"No address is known for the host '{target.Host}'. Correct Host, or the name service of this machine.",
            ConnectionProblem.EncryptionFailed =>
                $"The connection to {server} could not be encrypted: {Innermost(e).Message} Correct Host (the certificate's name), Root Certificate (its authority) or SSL Mode.",
            ConnectionProblem.TooManyConnections =>
                $"All connections to {server} are taken. Raise max_connections of the server or lower Maximum Pool Size of its clients.",
            ConnectionProblem.PoolerFound =>
                $"A connection pooler such as PgBouncer stands at {server}, in a mode in which connections are shared.{Server(e)} Set BehindPgBouncer.",
            _ => $"The connection to PostgreSQL at {server} could not be opened: {Innermost(e).Message}",
        };
        return new DatabaseConnectionException(problem, message, e);
    }

    internal static DatabaseConnectionException MayNotCreateDatabase(PostgresException e, NpgsqlConnectionStringBuilder target) =>
        new(ConnectionProblem.PermissionDenied,
            $"PostgreSQL at {ConnectionStrings.ServerOf(target)} has no database '{target.Database}', and the user '{target.Username}' may not create it. Create it as another user: create database \"{target.Database}\" owner \"{target.Username}\"; or grant the right: alter role \"{target.Username}\" createdb.",
            e);

    private static string Server(Exception e) => e is PostgresException postgres ? $" The server says: {postgres.MessageText}." : "";

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    private static ConnectionProblem ProblemOf(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => ConnectionProblem.AuthenticationFailed,
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => ConnectionProblem.DatabaseNotFound,
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => ConnectionProblem.PermissionDenied,
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => ConnectionProblem.TooManyConnections,
        PostgresException postgres when IsOfPooler(postgres) => ConnectionProblem.PoolerFound,
        PostgresException => ConnectionProblem.Other,
        NpgsqlException { InnerException: TimeoutException } when e.Message.Contains("pool has been exhausted", StringComparison.Ordinal) => ConnectionProblem.TooManyConnections,
        // Of several hosts: what one of them says counts more than that another does not answer. Without a cause none that answers is of the kind that is asked for.
        NpgsqlException { InnerException: AggregateException several } => several.InnerExceptions.Select(ProblemOf).OrderBy(p => p == ConnectionProblem.ConnectionRefused).First(),
        NpgsqlException when e.Message.StartsWith("No suitable host", StringComparison.Ordinal) => ConnectionProblem.ConnectionRefused,
        AuthenticationException or NpgsqlException { InnerException: AuthenticationException } => ConnectionProblem.EncryptionFailed,
        NpgsqlException when e.Message.Contains("SSL", StringComparison.Ordinal) => ConnectionProblem.EncryptionFailed,
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }
            or NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } } => ConnectionProblem.HostNotFound,
        NpgsqlException { InnerException: SocketException or TimeoutException } => ConnectionProblem.ConnectionRefused,
        NpgsqlException when e.Message.Contains("No password has been provided", StringComparison.Ordinal) => ConnectionProblem.AuthenticationFailed,
        SocketException => ConnectionProblem.ConnectionRefused,
        TimeoutException => ConnectionProblem.ConnectionRefused,
        _ => ConnectionProblem.Other,
    };
}
