using System.Data;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Schema;

/// <summary>Applies the migrations that are pending, one process at a time.</summary>
internal sealed class Migrator(Database database, VideoVoiceOptions options, ILogger logger)
{
    // How often a migration asks for its locks, the pause in which the services go on, and how long it waits for a lock while they wait behind it.
    private const int Tries = 6;
    private const int ConcurrentTries = 3;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstLimit = TimeSpan.FromMilliseconds(200);

    // Longer than deadlock_timeout, after which the server ends a vacuum of its own that is in the way.
    private static readonly TimeSpan s_longestLimit = TimeSpan.FromMilliseconds(1_500);

    // Nobody waits behind an index that is built concurrently.
    private static readonly TimeSpan s_concurrentLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(100);

    private readonly List<string> _applied = [];
    private readonly List<string> _formerDefaults = [];

    /// <summary>The names of the migrations that were applied.</summary>
    internal IReadOnlyList<string> Applied => _applied;

    /// <summary>The mappings that were a default beside an older one.</summary>
    internal IReadOnlyList<string> FormerDefaults => _formerDefaults;

    /// <exception cref="TimeoutException">Another session kept a lock; the message names it.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (options.Schema is not null)
            await CreateSchemaAsync(cancellationToken).ConfigureAwait(false);

        // The lock belongs to a transaction that does nothing else: it is free when the process dies, a pooler keeps it, and no index build waits for it.
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var turn = await TakeTurnAsync(connection, cancellationToken).ConfigureAwait(false);
        await using var __ = turn.ConfigureAwait(false);

        await RefuseUnsafeAsync(cancellationToken).ConfigureAwait(false);
        if (await database.ScalarAsync<string>("schema/set_time_zone", new { zone = options.LegacyTimeZone }, null, cancellationToken).ConfigureAwait(false) is null)
            throw UnknownTimeZone(options);
        Obstacle.RefuseAny(await database.ListAsync<Obstacle>("schema/list_obstacles", null, null, cancellationToken).ConfigureAwait(false));

        await database.ExecuteAsync("schema/create_migrations", null, null, cancellationToken).ConfigureAwait(false);
        var version = await database.ScalarAsync<int>("schema/get_schema_version", null, null, cancellationToken).ConfigureAwait(false);
        foreach (var migration in Migration.All.Where(m => m.Version > version))
        {
            await ApplyAsync(migration, connection.ProcessID, cancellationToken).ConfigureAwait(false);
            _applied.Add(migration.Name);
            Log.MigrationApplied(logger, migration.Name);
        }
    }

    private async Task CreateSchemaAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await TakeTurnAsync(connection, cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        await database.ExecuteAsync("schema/set_schema", new { schema = options.Schema }, transaction, cancellationToken).ConfigureAwait(false);
        await database.ExecuteAsync("schema/create_schema", null, transaction, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The transaction that holds the lock. Each try has one of its own, because an index build waits for every transaction that has read something.</summary>
    private async Task<NpgsqlTransaction> TakeTurnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            // A level above this one keeps what it has read until its end.
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            if (await database.ScalarAsync<bool>("schema/lock_schema", null, transaction, cancellationToken).ConfigureAwait(false))
            {
                await database.ExecuteAsync("schema/keep_transaction", null, transaction, cancellationToken).ConfigureAwait(false);
                return transaction;
            }

            await transaction.DisposeAsync().ConfigureAwait(false);
            await Task.Delay(s_turn, database.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>In a transaction of its own, because the path that it sets lasts as long as the transaction.</summary>
    private async Task RefuseUnsafeAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        var path = await database.SingleOrDefaultAsync<SearchPath>("schema/get_path", null, transaction, cancellationToken).ConfigureAwait(false);
        await database.ExecuteAsync("schema/trust_pg_catalog_only", null, transaction, cancellationToken).ConfigureAwait(false);
        UnsafeObject.RefuseAny(await database.ListAsync<UnsafeObject>("schema/list_unsafe_objects", path, transaction, cancellationToken).ConfigureAwait(false));
    }

    private async Task ApplyAsync(Migration migration, int ownPid, CancellationToken cancellationToken)
    {
        var tries = migration.IsConcurrent ? ConcurrentTries : Tries;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await (migration.IsConcurrent ? RunConcurrentlyAsync(migration, cancellationToken) : RunInTransactionAsync(migration, attempt, cancellationToken)).ConfigureAwait(false);
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                var blockers = Blocker.Text(await database.ListAsync<Blocker>(
                    "schema/list_blockers", new { ownPid, concurrently = migration.IsConcurrent }, null, cancellationToken).ConfigureAwait(false));
                if (attempt == tries)
                    throw new TimeoutException($"The migration {migration.Name} did not get its locks in {tries} tries. It was not applied; the next call goes on with it. {blockers}", e);

                Log.MigrationWaits(logger, migration.Name, attempt, tries, blockers);
                await Task.Delay(s_pause, database.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RunInTransactionAsync(Migration migration, int attempt, CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        var limit = TimeSpan.FromTicks(Math.Min(s_firstLimit.Ticks << (attempt - 1), s_longestLimit.Ticks));
        await database.ExecuteAsync("schema/set_lock_timeout", LockTimeout(limit, local: true), transaction, cancellationToken).ConfigureAwait(false);
        await database.ExecuteAsync("schema/set_time_zone", new { zone = options.LegacyTimeZone }, transaction, cancellationToken).ConfigureAwait(false);
        // Only the migration that leaves one default returns rows.
        var command = new CommandDefinition(Statements.Get(migration.Statement), null, transaction, commandTimeout: 0, cancellationToken: cancellationToken);
        var formerDefaults = (await connection.QueryAsync<string>(command).ConfigureAwait(false)).AsList();
        await database.ExecuteAsync("schema/add_migration", new { version = migration.Version, name = migration.Name }, transaction, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);

        _formerDefaults.AddRange(formerDefaults);
        if (formerDefaults.Count > 0)
            Log.FormerDefaults(logger, string.Join(", ", formerDefaults));
    }

    private async Task RunConcurrentlyAsync(Migration migration, CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        // A session behind a pooler is not this client's alone.
        if (!options.BehindPgBouncer)
            await RunAsync(Statements.Get("schema/set_lock_timeout"), cancellationToken, LockTimeout(s_concurrentLimit, local: false)).ConfigureAwait(false);
        try
        {
            var left = new CommandDefinition(Statements.Get("schema/quote_drop_invalid_index"), new { migration = migration.Name }, cancellationToken: cancellationToken);
            if (await connection.ExecuteScalarAsync<string>(left).ConfigureAwait(false) is { } drop)
                await RunAsync(drop, cancellationToken).ConfigureAwait(false);
            await RunAsync(Statements.Get(migration.Statement), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // The pool gives the session to others as it is.
            if (!options.BehindPgBouncer && connection.State == ConnectionState.Open)
                await RunAsync(Statements.Get("schema/reset_lock_timeout"), CancellationToken.None).ConfigureAwait(false);
        }

        await database.ExecuteAsync("schema/add_migration", new { version = migration.Version, name = migration.Name }, null, cancellationToken).ConfigureAwait(false);

        Task RunAsync(string text, CancellationToken token, object? parameters = null) =>
            connection.ExecuteAsync(new CommandDefinition(text, parameters, commandTimeout: 0, cancellationToken: token));
    }

    private static object LockTimeout(TimeSpan limit, bool local) => new { milliseconds = (int)limit.TotalMilliseconds, local };

    internal static InvalidOperationException UnknownTimeZone(VideoVoiceOptions options) =>
        new($"The server knows no time zone '{options.LegacyTimeZone}'. Set LegacyTimeZone to an IANA name such as Europe/Lisbon.");

    private sealed record SearchPath
    {
        public string[] Schemas { get; init; } = [];

        public string Path { get; init; } = "";
    }
}
