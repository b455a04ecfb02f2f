using Dapper;
using Npgsql;
using VideoVoice.Data.Tests.Input;

namespace VideoVoice.Data.Tests;

/// <summary>Another connection's open transaction, in which rows or tables are locked, so that a statement of the library really waits.</summary>
internal sealed class HeldLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private HeldLock(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    public static async Task<HeldLock> TakeAsync(NpgsqlDataSource dataSource, string sql, object? parameters = null)
    {
        var connection = await dataSource.OpenConnectionAsync();
        var held = new HeldLock(connection, await connection.BeginTransactionAsync());
        await connection.ExecuteAsync(sql, parameters);
        return held;
    }

    /// <summary>Runs a call that has to wait for a session that changes its rows, and that commits while the call waits. Returns what the call gives.</summary>
    public static async Task<T> MeetAsync<T>(NpgsqlDataSource dataSource, string change, object parameters, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await using var held = await TakeAsync(dataSource, change, parameters);
        var waiting = call();
        await held.UntilWaitedForAsync(waiting, cancellationToken);
        await held.CommitAsync();
        return await waiting.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
    }

    /// <summary>Returns when a statement waits for this transaction; throws when <paramref name="waiting"/> ends before.</summary>
    public async Task UntilWaitedForAsync(Task waiting, CancellationToken cancellationToken)
    {
        // Not pg_stat_activity, which stands still within a transaction.
        while (!await _connection.ExecuteScalarAsync<bool>(
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (waiting.IsCompleted)
                throw new InvalidOperationException($"The statement did not wait: it is {waiting.Status}.", waiting.Exception);

            await Task.Delay(5, cancellationToken);
        }
    }

    /// <summary>Runs another statement in its transaction.</summary>
    public Task<int> ExecuteAsync(string sql, object? parameters = null) => _connection.ExecuteAsync(sql, parameters);

    public Task<string> FingerprintAsync() => World.FingerprintAsync(_connection);

    public Task CommitAsync() => _transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
