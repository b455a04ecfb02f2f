using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Schema;

namespace VideoVoice.Data;

/// <summary>
/// Brings the database to the schema of this library: creates the database when it is missing, and applies the files of <c>sql/migrations</c> that
/// are pending, each in a transaction of its own. A database of the Python services is adopted. Any number of processes may call it at once.
/// </summary>
public sealed class SchemaInitializer
{
    private readonly Database _database;
    private readonly VideoVoiceOptions _options;
    private readonly ILogger _logger;

    /// <summary>An initializer on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones, with which a missing database is an error.</param>
    /// <param name="logger">Where to report; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public SchemaInitializer(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<SchemaInitializer>? logger = null)
        : this(new Database(dataSource, logger), VideoVoiceOptionsValidator.Checked(options, dataSource), logger)
    {
    }

    internal SchemaInitializer(Database database, VideoVoiceOptions options, ILogger<SchemaInitializer>? logger)
    {
        _database = database;
        _options = options;
        _logger = logger ?? NullLogger<SchemaInitializer>.Instance;
    }

    /// <summary>The version of the schema that this library knows: the number of its last migration.</summary>
    public static int LatestVersion => Migration.Latest;

    /// <summary>The version of the schema in the database (<c>get_schema_version.sql</c>).</summary>
    /// <returns>0 when no initializer has run there.</returns>
    /// <exception cref="DatabaseConnectionException">No connection, or no such database.</exception>
    public async Task<int> GetSchemaVersionAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _database.ScalarAsync<int>("schema/get_schema_version", null, null, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return 0;
        }
    }

    /// <summary>Creates and migrates what is missing. On a current schema this is one query: no lock, no DDL.</summary>
    /// <param name="cancellationToken">Stops between and within the steps; a migration is applied whole or not at all.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="DatabaseConnectionException">No connection; or the database is missing and may not be created.</exception>
    /// <exception cref="InvalidOperationException">
    /// The option <see cref="VideoVoiceOptions.LegacyTimeZone"/> names no zone that the server knows; the schema holds objects of a role that is not trusted, or such a role may create
    /// there (<c>list_unsafe_objects.sql</c>); the user may not create, or the server takes no changes. The message names the cure. The migration at hand was not applied.
    /// </exception>
    public async Task<SchemaInitialization> InitializeAsync(CancellationToken cancellationToken = default)
    {
        var created = false;
        int version;
        try
        {
            version = await GetSchemaVersionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DatabaseConnectionException e) when (e.Problem == ConnectionProblem.DatabaseNotFound && _options is { CreateDatabase: true, ConnectionString: not null })
        {
            created = await CreateDatabaseAsync(cancellationToken).ConfigureAwait(false);
            version = 0;
        }

        var applied = new List<string>();
        if (version < Migration.Latest)
        {
            try
            {
                if (_options.Schema is not null)
                    await CreateSchemaAsync(cancellationToken).ConfigureAwait(false);

                foreach (var migration in Migration.All)
                {
                    if (await ApplyAsync(migration, cancellationToken).ConfigureAwait(false))
                        applied.Add(migration.Name);
                }
            }
            catch (PostgresException e) when (Refusal(e) is { } refusal)
            {
                throw new InvalidOperationException(refusal, e);
            }

            version = await GetSchemaVersionAsync(cancellationToken).ConfigureAwait(false);
        }

        if (version > Migration.Latest)
            Log.SchemaNewer(_logger, version, Migration.Latest);

        return new SchemaInitialization { DatabaseCreated = created, Applied = applied, Version = version, LatestVersion = Migration.Latest };
    }

    private async Task<bool> ApplyAsync(Migration migration, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        await RefuseUnsafeAsync(cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/lock_schema", null, transaction, cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/create_migrations", null, transaction, cancellationToken).ConfigureAwait(false);
        if (await _database.ScalarAsync<int>("schema/get_schema_version", null, transaction, cancellationToken).ConfigureAwait(false) >= migration.Version)
            return false;

        if (await _database.ScalarAsync<string>("schema/set_time_zone", new { zone = _options.LegacyTimeZone }, transaction, cancellationToken).ConfigureAwait(false) is null)
            throw UnknownTimeZone();

        await _database.ExecuteAsync(migration.Statement, null, transaction, cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/add_migration", new { version = migration.Version, name = migration.Name }, transaction, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        Log.MigrationApplied(_logger, migration.Name);
        return true;
    }

    /// <summary>In a transaction of its own, because the path that it sets lasts as long as the transaction.</summary>
    private async Task RefuseUnsafeAsync(CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        var path = await _database.SingleOrDefaultAsync<SearchPath>("schema/get_path", null, transaction, cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/trust_pg_catalog_only", null, transaction, cancellationToken).ConfigureAwait(false);
        UnsafeObject.RefuseAny(await _database.ListAsync<UnsafeObject>("schema/list_unsafe_objects", path, transaction, cancellationToken).ConfigureAwait(false));
    }

    private static string? Refusal(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege =>
            $"This user may not make the schema ({e.MessageText}). As the owner: grant create on schema NAME to USER, and for a schema that is missing: grant create on database NAME to USER; or initialize as the owner of the tables. The application itself needs neither.",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            $"The server takes no changes ({e.MessageText}): it is a standby, or default_transaction_read_only is on for this user or database. Initialize on the primary, with a session that may write.",
        _ => null,
    };

    private async Task CreateSchemaAsync(CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        await _database.ExecuteAsync("schema/lock_schema", null, transaction, cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/set_schema", new { schema = _options.Schema }, transaction, cancellationToken).ConfigureAwait(false);
        await _database.ExecuteAsync("schema/create_schema", null, transaction, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(_options.ConnectionString);
        var maintenance = new NpgsqlConnectionStringBuilder(_options.ConnectionString) { Database = _options.MaintenanceDatabase, Pooling = false, PersistSecurityInfo = false };
        var dataSource = new NpgsqlDataSourceBuilder(maintenance.ConnectionString) { Name = "VideoVoice.Data maintenance" }.Build();
        await using var _ = dataSource.ConfigureAwait(false);
        var connection = await new Database(dataSource).OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = connection.ConfigureAwait(false);

        // Before the database is there: else it would stay behind empty.
        var zone = new CommandDefinition(Statements.Get("schema/set_time_zone"), new { zone = _options.LegacyTimeZone }, cancellationToken: cancellationToken);
        if (await connection.ExecuteScalarAsync<string>(zone).ConfigureAwait(false) is null)
            throw UnknownTimeZone();

        var quote = new CommandDefinition(Statements.Get("schema/quote_create_database"), new { database = target.Database }, cancellationToken: cancellationToken);
        var create = await connection.ExecuteScalarAsync<string>(quote).ConfigureAwait(false);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(create!, cancellationToken: cancellationToken)).ConfigureAwait(false);
            Log.DatabaseCreated(_logger, target.Database!);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another process was faster. The second code is what CREATE DATABASE reports when both were past its first check.
            return false;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw DatabaseConnectionException.MayNotCreateDatabase(e, target);
        }
    }

    private InvalidOperationException UnknownTimeZone() =>
        new($"The server knows no time zone '{_options.LegacyTimeZone}'. Set LegacyTimeZone to an IANA name such as Europe/Lisbon.");

    private sealed record SearchPath
    {
        public string[] Schemas { get; init; } = [];

        public string Path { get; init; } = "";
    }
}
