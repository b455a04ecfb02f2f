using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Npgsql;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>
/// A database as the initializer leaves it, with its pool of sessions. It goes from one test to the next, because most of a test's processor time was the start of
/// sessions and the copy of a template.
/// </summary>
internal sealed class TestDatabase
{
    // What a test may change besides rows, with what an analyze or a truncate changes by itself left out.
    private const string FingerprintSql = """
        select md5(string_agg(part, ' ' order by part collate "C"))
        from (
            select (to_jsonb(c) - '{relfilenode,relpages,reltuples,relallvisible,relfrozenxid,relminmxid}'::text[])::text as part from pg_class c where c.oid >= 16384
            union all select concat('attribute ', attrelid, ' ', attnum, ' ', xmin) from pg_attribute where attrelid >= 16384
            union all select concat('index ', indexrelid, ' ', xmin) from pg_index where indexrelid >= 16384
            union all select concat('constraint ', oid, ' ', xmin) from pg_constraint where oid >= 16384
            union all select concat('trigger ', oid, ' ', xmin) from pg_trigger
            union all select concat('rule ', oid, ' ', xmin) from pg_rewrite where oid >= 16384
            union all select concat('default ', oid, ' ', xmin) from pg_attrdef
            union all select concat('type ', oid, ' ', xmin) from pg_type where oid >= 16384
            union all select concat('value ', oid, ' ', xmin) from pg_enum
            union all select concat('function ', oid, ' ', xmin) from pg_proc where oid >= 16384
            union all select concat('schema ', oid, ' ', xmin) from pg_namespace
            union all select concat('privileges ', oid, ' ', xmin) from pg_default_acl
            union all select concat('extension ', oid, ' ', xmin) from pg_extension
            union all select concat('event ', oid, ' ', xmin) from pg_event_trigger
            union all select concat('database ', datallowconn, datconnlimit, datacl::text) from pg_database where datname = current_database()
            union all select concat('setting ', setrole, setconfig::text) from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())
            union all select concat('migration ', m::text) from videovoice_migrations m
        ) as parts
        """;

    private const string OtherSessionsSql = """
        select count(*)
        from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle'
        """;

    private const string FirstRowsSql = """
        set local lock_timeout = '5s';
        truncate videos, voices, voice_mappings, settings, videovoice_listeners, videovoice_late_writes;
        insert into voice_mappings select m.* from jsonb_populate_recordset(null::voice_mappings, @mappings) m;
        insert into settings select s.* from jsonb_populate_recordset(null::settings, @settings) s
        """;

    private static readonly ConditionalWeakTable<LocalPostgres, TestDatabases> s_databases = [];

    private readonly TestDatabases _databases;

    private TestDatabase(TestDatabases databases, string connectionString)
    {
        _databases = databases;
        ConnectionString = connectionString;
        DataSource = DataSources.Create(new VideoVoiceOptions { ConnectionString = connectionString }, null);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource DataSource { get; }

    /// <summary>One that another test has given back, or a copy of the template.</summary>
    public static async Task<TestDatabase> TakeAsync(LocalPostgres server)
    {
        var databases = s_databases.GetValue(server, static server => new TestDatabases(server));
        return databases.Free.TryTake(out var database) ? database : new TestDatabase(databases, Configure(await server.CreateDatabaseAsync(template: (await databases.Template.Value).Name)));
    }

    /// <summary>One without the library's schema.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync(LocalPostgres server) =>
        new(s_databases.GetValue(server, static server => new TestDatabases(server)), Configure(await server.CreateDatabaseAsync()));

    /// <summary>Drops the databases of a server that no test has.</summary>
    public static async Task DropFreeAsync(LocalPostgres server)
    {
        if (!s_databases.TryGetValue(server, out var databases))
            return;

        while (databases.Free.TryTake(out var database))
            await database.DropAsync();
    }

    /// <summary>Gives the database to another test when only rows have changed and every session is at rest; drops it otherwise, and returns false.</summary>
    public async Task<bool> ReturnAsync(bool reusable)
    {
        if (reusable && await RestoreAsync())
        {
            _databases.Free.Add(this);
            return true;
        }

        await DropAsync();
        return false;
    }

    private async Task DropAsync()
    {
        await DataSource.DisposeAsync();
        await _databases.Server.DropDatabaseAsync(new NpgsqlConnectionStringBuilder(ConnectionString).Database!);
    }

    private async Task<bool> RestoreAsync()
    {
        var template = await _databases.Template.Value;
        try
        {
            await using var connection = await DataSource.OpenConnectionAsync();
            if (await ScalarAsync<long>(connection, OtherSessionsSql) > 0 || await ScalarAsync<string>(connection, FingerprintSql) != template.Fingerprint)
                return false;

            await using var transaction = await connection.BeginTransactionAsync();
            await using var restore = new NpgsqlCommand(FirstRowsSql, connection, transaction);
            restore.Parameters.Add(new NpgsqlParameter("mappings", NpgsqlTypes.NpgsqlDbType.Jsonb) { Value = template.Mappings });
            restore.Parameters.Add(new NpgsqlParameter("settings", NpgsqlTypes.NpgsqlDbType.Jsonb) { Value = template.Settings });
            await restore.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            // A table that is not there, a lock that a test has left, a connection that it has ended.
            return false;
        }
    }

    // Small pools: some dozens of databases are open at once on one server.
    private static string Configure(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 20, ConnectionIdleLifetime = 5, ConnectionPruningInterval = 1 }.ConnectionString;

    private static async Task<Template> CreateTemplateAsync(LocalPostgres server)
    {
        var settings = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync()) { Pooling = false };
        await using var dataSource = NpgsqlDataSource.Create(settings);
        await new SchemaInitializer(dataSource).InitializeAsync();
        await using var connection = await dataSource.OpenConnectionAsync();
        return new Template(
            settings.Database!,
            await ScalarAsync<string>(connection, FingerprintSql),
            await ScalarAsync<string>(connection, "select jsonb_agg(m)::text from voice_mappings m"),
            await ScalarAsync<string>(connection, "select jsonb_agg(s)::text from settings s"));
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private sealed record Template(string Name, string Fingerprint, string Mappings, string Settings);

    /// <summary>Of one server, and so of one run.</summary>
    private sealed class TestDatabases(LocalPostgres server)
    {
        public LocalPostgres Server { get; } = server;

        // Not on the first asker's thread: its test's cancellation and context are not those of the others.
        public Lazy<Task<Template>> Template { get; } = new(() => Task.Run(() => CreateTemplateAsync(server)));

        public ConcurrentBag<TestDatabase> Free { get; } = [];
    }
}
