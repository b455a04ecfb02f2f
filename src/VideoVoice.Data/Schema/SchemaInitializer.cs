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
/// are pending: a change of tables in a transaction of its own, an index while others write. A database of the Python services is adopted while they are at work.
/// Any number of processes may call it at once.
/// </summary>
public sealed class SchemaInitializer
{
    private const int MaxRoleName = 63;

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
    /// <param name="cancellationToken">Stops between and within the steps, and the wait for another process that is migrating; the next call goes on from there.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="DatabaseConnectionException">No connection; or the database is missing and may not be created.</exception>
    /// <exception cref="TimeoutException">Another session kept a lock that a migration needs; the message names the session. Each try waits 1.5 s at most, with 1 s between them in which others write.</exception>
    /// <exception cref="InvalidOperationException">
    /// The database of the Python services has objects that keep it from being adopted (<c>list_obstacles.sql</c>): the message names each. Nothing was changed.
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

        var migrator = new Migrator(_database, _options, _logger);
        if (version < Migration.Latest)
        {
            try
            {
                await migrator.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (Refusal(e, version) is { } refusal)
            {
                throw new InvalidOperationException(refusal, e);
            }

            version = await GetSchemaVersionAsync(cancellationToken).ConfigureAwait(false);
        }

        if (version > Migration.Latest)
            Log.SchemaNewer(_logger, version, Migration.Latest);

        return new SchemaInitialization
        {
            DatabaseCreated = created,
            Applied = migrator.Applied,
            FormerDefaults = migrator.FormerDefaults,
            Version = version,
            LatestVersion = Migration.Latest,
        };
    }

    /// <summary>What <see cref="InitializeAsync"/> would do, without a lock and without a change (<c>get_adoption.sql</c>, <c>list_obstacles.sql</c>).</summary>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The migrations that are pending, what is in their way, and how long writers would wait. On a current schema nothing is pending.</returns>
    /// <exception cref="DatabaseConnectionException">No connection; a missing database that would be created is no error.</exception>
    public async Task<SchemaPlan> PlanAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var version = await GetSchemaVersionAsync(cancellationToken).ConfigureAwait(false);
            var adoption = await _database.SingleOrDefaultAsync<SchemaPlan.Adoption>("schema/get_adoption", new { zone = _options.LegacyTimeZone }, null, cancellationToken).ConfigureAwait(false);
            var obstacles = await _database.ListAsync<Obstacle>("schema/list_obstacles", null, null, cancellationToken).ConfigureAwait(false);
            return SchemaPlan.Of(version, adoption!, obstacles);
        }
        catch (DatabaseConnectionException e) when (e.Problem == ConnectionProblem.DatabaseNotFound && _options is { CreateDatabase: true, ConnectionString: not null })
        {
            return SchemaPlan.Of(0, new(), []) with { DatabaseMissing = true };
        }
    }

    /// <summary>
    /// Gives two roles exactly what they need (<c>sql/roles.sql</c>), so that the services need not be the owner of the tables: call it as the owner, after
    /// <see cref="InitializeAsync"/> and after each new version. The roles must be there.
    /// </summary>
    /// <param name="applicationRole">The role of generators and workers: it reads and writes rows and can neither migrate nor truncate; null leaves it out.</param>
    /// <param name="monitoringRole">The role that calls <see cref="StatusManager"/>: it reads videos, requests and counts; null leaves it out.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="ArgumentException">Neither is given, or a name is empty or longer than 63 characters.</exception>
    /// <exception cref="InvalidOperationException">There is no such role, or this user may not grant; the message names the cure. Nothing was granted.</exception>
    /// <exception cref="DatabaseConnectionException">No connection.</exception>
    public async Task GrantRolesAsync(string? applicationRole, string? monitoringRole, CancellationToken cancellationToken = default)
    {
        if (Check.OptionalText(applicationRole, MaxRoleName) is null && Check.OptionalText(monitoringRole, MaxRoleName) is null)
            throw new ArgumentException("Give the name of one role at least.", nameof(applicationRole));

        try
        {
            await _database.InTransactionAsync(
                null,
                async transaction =>
                {
                    await _database.ExecuteAsync("schema/set_roles", new { applicationRole, monitoringRole }, transaction, cancellationToken).ConfigureAwait(false);
                    return await _database.ExecuteAsync("roles", null, transaction, cancellationToken).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            throw new InvalidOperationException($"{e.MessageText}. Create it first: create role NAME login password '...';", e);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException($"This user may not grant rights on the tables ({e.MessageText}). Call it as their owner.", e);
        }
    }

    /// <summary>
    /// Creates or replaces the functions for cloners that are not written in .NET (<c>sql/functions.sql</c>): <c>claim_voices</c>, <c>heartbeat_voices</c>,
    /// <c>complete_voices</c>, <c>fail_voice_processing</c> and <c>release_voices</c>. Call it as the owner of the tables, after <see cref="InitializeAsync"/> and after
    /// each new version. They run with the rights of their caller.
    /// </summary>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="PostgresException">This user may not create functions in the schema, or a function of another owner has such a name.</exception>
    /// <exception cref="DatabaseConnectionException">No connection.</exception>
    public Task InstallFunctionsAsync(CancellationToken cancellationToken = default) => _database.ExecuteAsync("functions", null, null, cancellationToken);

    private static string? Refusal(PostgresException e, int version) => e.SqlState switch
    {
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The schema has version {version} and this library needs {Migration.Latest}, but this user may not migrate it ({e.MessageText}). Let the owner of the tables call InitializeAsync. Or as the owner: grant create on schema NAME to USER, and for a schema that is missing: grant create on database NAME to USER. The application itself needs neither.",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            $"The server takes no changes ({e.MessageText}): it is a standby, or default_transaction_read_only is on for this user or database. Initialize on the primary, with a session that may write.",
        _ => null,
    };

    private async Task<bool> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(_options.ConnectionString);
        var maintenance = new NpgsqlConnectionStringBuilder(_options.ConnectionString)
        {
            Database = _options.MaintenanceDatabase,
            Pooling = false,
            PersistSecurityInfo = false,
            TargetSessionAttributes = null,
        };
        var dataSource = new NpgsqlDataSourceBuilder(maintenance.ConnectionString) { Name = "VideoVoice.Data maintenance" }.BuildMultiHost();
        await using var _ = dataSource.ConfigureAwait(false);
        var connection = await new Database(DataSources.TargetOf(_options) is null ? dataSource : dataSource.WithTargetSession(TargetSessionAttributes.Primary))
            .OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = connection.ConfigureAwait(false);

        // Before the database is there: else it would stay behind empty.
        var zone = new CommandDefinition(Statements.Get("schema/set_time_zone"), new { zone = _options.LegacyTimeZone }, cancellationToken: cancellationToken);
        if (await connection.ExecuteScalarAsync<string>(zone).ConfigureAwait(false) is null)
            throw Migrator.UnknownTimeZone(_options);

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
}
