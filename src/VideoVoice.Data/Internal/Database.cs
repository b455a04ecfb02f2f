using System.Diagnostics;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace VideoVoice.Data.Internal;

/// <summary>Runs an embedded statement on a connection of its own or in the caller's transaction.</summary>
internal sealed class Database
{
    internal Database(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger? logger = null)
    {
        DataSource = dataSource ?? throw new ArgumentNullException(nameof(dataSource));
        Notifier = new Notifier(this, (options ?? new VideoVoiceOptions()).Notifications, logger ?? NullLogger.Instance);
    }

    internal NpgsqlDataSource DataSource { get; }

    internal Notifier Notifier { get; }

    internal Task<int> ExecuteAsync(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        RunAsync(statement, parameters, transaction, static (c, command) => c.ExecuteAsync(command), cancellationToken);

    internal Task<T?> ScalarAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        RunAsync(statement, parameters, transaction, static (c, command) => c.ExecuteScalarAsync<T>(command), cancellationToken);

    internal Task<T?> SingleOrDefaultAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where T : class
    {
        RecordMap<T>.Use();
        return RunAsync(statement, parameters, transaction, static (c, command) => c.QuerySingleOrDefaultAsync<T>(command), cancellationToken);
    }

    internal Task<IReadOnlyList<T>> ListAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where T : class
    {
        RecordMap<T>.Use();
        return RunAsync(statement, parameters, transaction, static async (c, command) => (IReadOnlyList<T>)(await c.QueryAsync<T>(command).ConfigureAwait(false)).AsList(), cancellationToken);
    }

    /// <summary>Two statements in one round trip and one transaction: both take effect or none.</summary>
    internal Task<(IReadOnlyList<TFirst> First, IReadOnlyList<TSecond> Second)> ListsAsync<TFirst, TSecond>(
        string name, string first, string second, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where TFirst : class
        where TSecond : class
    {
        RecordMap<TFirst>.Use();
        RecordMap<TSecond>.Use();
        return RunAsync(
            name,
            Statements.Get(first) + Statements.Get(second),
            parameters,
            transaction,
            static async (c, command) =>
            {
                var results = await c.QueryMultipleAsync(command).ConfigureAwait(false);
                await using (results.ConfigureAwait(false))
                {
                    return (
                        (IReadOnlyList<TFirst>)(await results.ReadAsync<TFirst>().ConfigureAwait(false)).AsList(),
                        (IReadOnlyList<TSecond>)(await results.ReadAsync<TSecond>().ConfigureAwait(false)).AsList());
                }
            },
            cancellationToken);
    }

    internal async Task<Outcome> OutcomeAsync(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        ToOutcome(await ScalarAsync<string>(statement, parameters, transaction, cancellationToken).ConfigureAwait(false));

    internal static Outcome ToOutcome(string? label) => label switch
    {
        "applied" => Outcome.Applied,
        "retry_scheduled" => Outcome.RetryScheduled,
        "already_finished" => Outcome.AlreadyFinished,
        "lease_lost" => Outcome.LeaseLost,
        "not_allowed" => Outcome.NotAllowed,
        "not_found" => Outcome.NotFound,
        _ => throw new InvalidOperationException($"The unknown outcome {label}."),
    };

    /// <exception cref="DatabaseConnectionException">No connection could be opened.</exception>
    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await DataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseConnectionException.Explains(e))
        {
            throw DatabaseConnectionException.Explain(e, DataSource.ConnectionString);
        }
    }

    private Task<T> RunAsync<T>(
        string statement,
        object? parameters,
        NpgsqlTransaction? transaction,
        Func<NpgsqlConnection, CommandDefinition, Task<T>> run,
        CancellationToken cancellationToken) => RunAsync(statement, Statements.Get(statement), parameters, transaction, run, cancellationToken);

    private async Task<T> RunAsync<T>(
        string name,
        string text,
        object? parameters,
        NpgsqlTransaction? transaction,
        Func<NpgsqlConnection, CommandDefinition, Task<T>> run,
        CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Source.StartActivity(name, ActivityKind.Client);
        var command = new CommandDefinition(text, parameters, transaction, cancellationToken: cancellationToken);
        try
        {
            if (transaction is not null)
                return await run(Check.Open(transaction), command).ConfigureAwait(false);

            var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
                return await run(connection, command).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            if (e is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation } violation && ParentNotFoundException.From(violation) is { } missing)
                throw missing;

            throw;
        }
    }
}
