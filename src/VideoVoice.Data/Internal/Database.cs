using System.Data;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using VideoVoice.Data.Diagnostics;

namespace VideoVoice.Data.Internal;

/// <summary>Runs an embedded statement on a connection of its own or in the caller's transaction.</summary>
internal sealed class Database
{
    /// <summary>Most requests that one statement of a call over all requests of a video, or over all stuck ones, writes: it locks them for some tenths of a second.</summary>
    internal const int BatchSize = 5_000;

    /// <summary>How often a call is made that ends in a deadlock. The server waits for a second (deadlock_timeout) before each.</summary>
    private const int MaxAttempts = 5;

    private readonly ILogger _logger;
    private int _away;
    private int _pooler;

    internal Database(NpgsqlDataSource dataSource, ILogger? logger = null, TimeProvider? time = null)
    {
        DataSource = dataSource ?? throw new ArgumentNullException(nameof(dataSource));
        _logger = logger ?? NullLogger.Instance;
        Time = time ?? TimeProvider.System;
    }

    internal NpgsqlDataSource DataSource { get; }

    /// <summary>Measures how long this process waits. Times that are stored come from the server.</summary>
    internal TimeProvider Time { get; }

    internal Task<int> ExecuteAsync(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        RunAsync(statement, parameters, transaction, static (c, command) => c.ExecuteAsync(command), cancellationToken);

    /// <summary>Repeats a statement that writes <see cref="BatchSize"/> rows at most until it writes fewer. Returns how many it wrote.</summary>
    internal async Task<int> ExecuteInBatchesAsync(string statement, object parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var total = 0;
        int written;
        do
        {
            written = await ExecuteAsync(statement, parameters, transaction, cancellationToken).ConfigureAwait(false);
            total += written;
        }
        while (written == BatchSize);
        return total;
    }

    internal Task<T?> ScalarAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        RunAsync(statement, parameters, transaction, static (c, command) => c.ExecuteScalarAsync<T>(command), cancellationToken);

    internal Task<T?> SingleOrDefaultAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where T : class
    {
        RecordMap<T>.Use();
        return RunAsync(statement, parameters, transaction, static (c, command) => c.QuerySingleOrDefaultAsync<T>(command), cancellationToken);
    }

    internal Task<IReadOnlyList<T>> ListAsync<T>(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where T : class => ListAsync<T>(statement, Statements.Get(statement), parameters, transaction, cancellationToken);

    internal Task<IReadOnlyList<T>> ListAsync<T>(string name, string text, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
        where T : class
    {
        RecordMap<T>.Use();
        return RunAsync(name, text, parameters, transaction, static async (c, command) => (IReadOnlyList<T>)(await c.QueryAsync<T>(command).ConfigureAwait(false)).AsList(), cancellationToken);
    }

    /// <summary>Several statements in one round trip and one transaction: all take effect or none.</summary>
    internal Task<T> GridsAsync<T>(
        string name, string text, object? parameters, NpgsqlTransaction? transaction, Func<SqlMapper.GridReader, Task<T>> read, CancellationToken cancellationToken) =>
        RunAsync(
            name,
            text,
            parameters,
            transaction,
            async (c, command) =>
            {
                var grids = await c.QueryMultipleAsync(command).ConfigureAwait(false);
                await using (grids.ConfigureAwait(false))
                    return await read(grids).ConfigureAwait(false);
            },
            cancellationToken);

    internal static async Task<IReadOnlyList<T>> ReadAsync<T>(SqlMapper.GridReader grids)
        where T : class
    {
        RecordMap<T>.Use();
        return (await grids.ReadAsync<T>().ConfigureAwait(false)).AsList();
    }

    /// <summary>
    /// Runs calls in the caller's transaction or in one of their own, which is made again after a deadlock. It costs a round trip more than the calls, for the commit.
    /// </summary>
    internal async Task<T> InTransactionAsync<T>(NpgsqlTransaction? transaction, Func<NpgsqlTransaction, Task<T>> run, CancellationToken cancellationToken)
    {
        if (transaction is not null)
            return await run(transaction).ConfigureAwait(false);

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await InOwnTransactionAsync(run, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (MayRepeat(e, attempt))
            {
            }
        }
    }

    private async Task<T> InOwnTransactionAsync<T>(Func<NpgsqlTransaction, Task<T>> run, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var own = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (own.ConfigureAwait(false))
            {
                try
                {
                    var result = await run(own).ConfigureAwait(false);
                    await own.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return result;
                }
                catch (Exception e) when (ConnectionLoss.IsOutOfStep(e))
                {
                    DataSource.Clear();
                    throw;
                }
            }
        }
    }

    internal async Task<WriteOutcome> OutcomeAsync(string statement, object? parameters, NpgsqlTransaction? transaction, CancellationToken cancellationToken) =>
        ToOutcome(await ScalarAsync<string>(statement, parameters, transaction, cancellationToken).ConfigureAwait(false));

    internal static WriteOutcome ToOutcome(string? label) => label switch
    {
        "applied" => WriteOutcome.Applied,
        "retry_scheduled" => WriteOutcome.RetryScheduled,
        "already_finished" => WriteOutcome.AlreadyFinished,
        "lease_lost" => WriteOutcome.LeaseLost,
        "not_allowed" => WriteOutcome.NotAllowed,
        "not_found" => WriteOutcome.NotFound,
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
            var explained = DatabaseConnectionException.Explain(e, DataSource.ConnectionString);
            if (explained.Problem == ConnectionProblem.PoolerFound)
                throw FoundPooler(explained);
            if (Interlocked.Exchange(ref _away, 1) == 0)
                Log.DatabaseAway(_logger, explained);
            throw explained;
        }
    }

    private DatabaseConnectionException FoundPooler(DatabaseConnectionException explained)
    {
        if (Interlocked.Exchange(ref _pooler, 1) == 0)
            Log.PoolerFound(_logger, explained);
        return explained;
    }

    /// <summary>Runs a call with a time limit. When it takes longer, the peer may have vanished, and the idle connections of the pool with it, so these are closed.</summary>
    /// <exception cref="TimeoutException">The call did not end in time.</exception>
    internal async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await TimeLimit.RunAsync(call, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            DataSource.Clear();
            throw;
        }
    }

    private Task<T> RunAsync<T>(
        string statement,
        object? parameters,
        NpgsqlTransaction? transaction,
        Func<NpgsqlConnection, CommandDefinition, Task<T>> run,
        CancellationToken cancellationToken) => RunAsync(statement, Statements.Get(statement), parameters, transaction, run, cancellationToken);

    /// <summary>Runs a statement, on a connection of its own again after a deadlock.</summary>
    internal async Task<T> RunAsync<T>(
        string name,
        string text,
        object? parameters,
        NpgsqlTransaction? transaction,
        Func<NpgsqlConnection, CommandDefinition, Task<T>> run,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunOnceAsync(name, text, parameters, transaction, run, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (transaction is null && MayRepeat(e, attempt))
            {
            }
        }
    }

    /// <summary>
    /// The statements lock their rows in one order, and claims skip what is locked. But SKIP LOCKED waits after all for the next version of a row that was replaced
    /// between the look at it and the lock, so a claim can meet a write of the same video in a deadlock. The server has undone all of the call then.
    /// </summary>
    private static bool MayRepeat(PostgresException e, int attempt) => e.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < MaxAttempts;

    private async Task<T> RunOnceAsync<T>(
        string name,
        string text,
        object? parameters,
        NpgsqlTransaction? transaction,
        Func<NpgsqlConnection, CommandDefinition, Task<T>> run,
        CancellationToken cancellationToken)
    {
        // Statements that the library runs by itself, at each poll interval, get no span.
        using var activity = name.StartsWith("notifications/", StringComparison.Ordinal) ? null : Telemetry.Source.StartActivity(name, ActivityKind.Client);
        activity?.SetTag("db.system.name", "postgresql").SetTag("db.query.summary", name);
        var command = new CommandDefinition(text, parameters, transaction, cancellationToken: cancellationToken);
        NpgsqlConnection? own = null;
        NpgsqlConnection? used = null;
        try
        {
            if (transaction is not null)
                return await run(used = Check.ConnectionOf(transaction), command).ConfigureAwait(false);

            used = own = await OpenAsync(cancellationToken).ConfigureAwait(false);
            var result = await run(own, command).ConfigureAwait(false);
            if (_away != 0 && Interlocked.Exchange(ref _away, 0) != 0)
                Log.DatabaseBack(_logger);
            return result;
        }
        catch (Exception e)
        {
            // Dapper wraps what Npgsql throws inside a row, so the cause is unwrapped. Or Dapper goes on reading after the break, and then only the connection's
            // state shows it.
            var cause = e switch
            {
                DataException { InnerException: { } inner } when ConnectionLoss.IsCauseOf(inner) => inner,
                InvalidOperationException when used is { State: not ConnectionState.Open } => new NpgsqlException("The connection broke while an answer was read.", e),
                _ => e,
            };
            if (own is not null && ConnectionLoss.IsOutOfStep(cause))
                DataSource.Clear();

            activity?.SetStatus(ActivityStatusCode.Error, cause.Message);
            if (cause is PostgresException pooler && DatabaseConnectionException.IsOfPooler(pooler))
                throw FoundPooler(DatabaseConnectionException.Explain(pooler, DataSource.ConnectionString));
            if (cause is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation } violation && ParentNotFoundException.From(violation) is { } missing)
                throw missing;

            if (cause == e)
                throw;
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
        finally
        {
            if (own is not null)
                await own.DisposeAsync().ConfigureAwait(false);
        }
    }
}
