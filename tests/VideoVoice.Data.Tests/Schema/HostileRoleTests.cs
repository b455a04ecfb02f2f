using System.Globalization;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>A role that may create in the schema, as everybody may in public before PostgreSQL 15, gets nothing run with the initializer's rights.</summary>
public sealed class HostileRoleTests : DatabaseTest
{
    private string _hostile = null!;

    protected override bool Initialized => false;

    [SetUp]
    public async Task CreateRoleAsync()
    {
        _hostile = $"hostile_{Guid.NewGuid():N}";
        await SqlAsync($"create role {_hostile} login password 'hostile'; grant create on schema public to {_hostile}");
    }

    [TearDown]
    public Task DropRoleAsync() => SqlAsync($"drop owned by {_hostile} cascade; drop role {_hostile}");

    [TestCase("create table videos (id uuid)", "The relation videos belongs to the role")]
    [TestCase("create table videovoice_migrations (version integer, name text)", "The relation videovoice_migrations belongs to the role")]
    [TestCase("create view video_processing_status as select 1 as one", "The relation video_processing_status belongs to the role")]
    [TestCase("create type voice_status as enum ('pending')", "The type voice_status belongs to the role")]
    [TestCase("create function update_updated_at_column() returns trigger language plpgsql as 'begin return new; end'", "The function update_updated_at_column belongs to the role")]
    [TestCase("create function unnest(uuid[]) returns setof uuid language sql as 'select null::uuid'", "The function unnest belongs to the role")]
    [TestCase("create function f(timestamptz, integer) returns boolean language sql as 'select true'; create operator < (leftarg = timestamptz, rightarg = integer, function = f)", "The operator < belongs to the role")]
    public async Task What_it_has_planted_is_refused_by_name_and_owner_although_it_may_create_no_more(string plant, string message)
    {
        await AsHostileAsync(plant);
        await SqlAsync($"revoke create on schema public from {_hostile}");

        await Assert.ThatAsync(
            () => new SchemaInitializer(DataSource).InitializeAsync(Token),
            Throws.InvalidOperationException.With.Message.Contains(message).And.Message.Contains(_hostile).And.Message.Contains("Nothing was changed."));

        Assert.That(await ScalarAsync<bool>("select to_regclass('public.voice_mappings') is null"), Is.True);
    }

    [Test]
    public async Task A_planted_view_in_the_place_of_the_migrations_runs_nothing()
    {
        await AsHostileAsync("""
            create table loot (who text);
            grant all on loot to public;
            create function steal() returns integer language plpgsql as 'begin insert into loot values (current_user); return 99; end';
            create view videovoice_migrations as select steal() as version;
            grant select on videovoice_migrations to public;
            """);

        await Assert.ThatAsync(() => new SchemaInitializer(DataSource).InitializeAsync(Token), Throws.InstanceOf<PostgresException>().With.Message.Contains("not the plain table"));

        Assert.That(await ScalarAsync<long>("select count(*) from loot"), Is.Zero);
    }

    [Test]
    public async Task As_long_as_it_may_create_the_initializer_refuses_and_names_the_revoke()
    {
        await Assert.ThatAsync(
            () => new SchemaInitializer(DataSource).InitializeAsync(Token),
            Throws.InvalidOperationException.With.Message.Contains($"revoke create on schema \"public\" from public, \"{_hostile}\""));

        await SqlAsync($"revoke create on schema public from {_hostile}");
        Assert.That((await new SchemaInitializer(DataSource).InitializeAsync(Token)).Applied, Is.Not.Empty);
    }

    [TestCase("alter role {0} nologin")]
    [TestCase("revoke connect on database {1} from public")]
    [TestCase("alter schema public owner to {0}")]
    [TestCase("revoke create on schema public from {0}; grant create on database {1} to {0}; alter role {0} nologin")]
    [TestCase("revoke create on schema public from {0}; grant create on database {1} to {0}; revoke connect on database {1} from public")]
    [TestCase("revoke create on schema public from {0}; create schema other authorization {0}")]
    [TestCase("revoke create on schema public from {0}; create table notes (id integer); alter table notes owner to {0}")]
    [TestCase("revoke create on schema public from {0}; create type mood as enum ('good'); alter type mood owner to {0}")]
    [TestCase("alter schema public owner to {0}; create function of_the_schema_s_owner() returns integer language sql as 'select 1'; alter function of_the_schema_s_owner owner to {0}")]
    public async Task Who_may_create_and_cannot_come_in_or_owns_the_schema_does_not_stop_it(string harmless)
    {
        await SqlAsync(string.Format(CultureInfo.InvariantCulture, harmless, _hostile, new NpgsqlConnectionStringBuilder(ConnectionString).Database));

        Assert.That((await new SchemaInitializer(DataSource).InitializeAsync(Token)).Applied, Is.Not.Empty);
    }

    /// <summary>The path of a session begins with "$user" unless it is set.</summary>
    [TestCase(null, true)]
    [TestCase("public", false)]
    public async Task Who_may_create_a_schema_of_the_user_s_name_is_refused_where_the_path_would_lead_there(string? path, bool refused)
    {
        await SqlAsync($"revoke create on schema public from {_hostile}; grant create on database {new NpgsqlConnectionStringBuilder(ConnectionString).Database} to {_hostile}");
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { SearchPath = path, Pooling = false });

        var initializing = new SchemaInitializer(dataSource).InitializeAsync(Token);

        if (refused)
            await Assert.ThatAsync(() => initializing, Throws.InvalidOperationException.With.Message.Contains($"The role \"{_hostile}\" may create a schema of this user's name"));
        else
            Assert.That((await initializing).Applied, Is.Not.Empty);
    }

    [Test]
    public async Task Where_the_schema_of_the_user_s_name_is_there_nobody_can_put_one_in_its_place()
    {
        await SqlAsync($"revoke create on schema public from {_hostile}; grant create on database {new NpgsqlConnectionStringBuilder(ConnectionString).Database} to {_hostile}; do $$ begin execute format('create schema %I', current_user); end $$");

        Assert.That((await new SchemaInitializer(DataSource).InitializeAsync(Token)).Applied, Is.Not.Empty);
    }

    [Test]
    public async Task The_owner_of_another_database_is_not_trusted_and_what_is_found_stands_in_order()
    {
        var other = $"other_{Guid.NewGuid():N}";
        await AsHostileAsync("create function b() returns integer language sql as 'select 1'; create function a() returns integer language sql as 'select 1'");
        await SqlAsync($"revoke create on schema public from {_hostile}");
        await SqlAsync($"create database {other} owner {_hostile}");
        try
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => new SchemaInitializer(DataSource).InitializeAsync(Token));

            var (first, second) = (refused!.Message.IndexOf("The function a belongs", StringComparison.Ordinal), refused.Message.IndexOf("The function b belongs", StringComparison.Ordinal));
            Assert.That(first, Is.Positive.And.LessThan(second), refused.Message);
        }
        finally
        {
            await SqlAsync($"drop database {other}");
        }
    }

    [Test]
    public async Task The_functions_mean_the_same_on_any_path()
    {
        await SqlAsync($"revoke create on schema public from {_hostile}");
        await new SchemaInitializer(DataSource).InitializeAsync(Token);
        await SqlAsync($"create schema trap; grant all on schema trap to {_hostile}");
        await AsHostileAsync("""
            create table trap.voice_mappings (id uuid, voice_id text, is_default boolean);
            create function trap.lower(varchar) returns text language sql as 'select null::text';
            grant all on all tables in schema trap to public;
            """);

        var mapping = await ScalarAsync<Guid>("set search_path to trap, public; select id from public.resolve_voice_mapping('ALUNO') as r (id)");

        Assert.That(mapping, Is.EqualTo((await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id));
        await SqlAsync("reset search_path");
        NpgsqlConnection.ClearAllPools();
    }

    [Test]
    public async Task A_role_without_the_right_to_create_is_told_the_grant()
    {
        await SqlAsync($"revoke create on schema public from {_hostile}");
        await using var dataSource = NpgsqlDataSource.Create(Hostile());

        await Assert.ThatAsync(
            () => new SchemaInitializer(dataSource).InitializeAsync(Token),
            Throws.InvalidOperationException.With.Message.Contains("grant create on schema").And.InnerException.InstanceOf<PostgresException>());
    }

    [Test]
    public async Task A_session_that_may_not_write_is_said_so()
    {
        await SqlAsync($"revoke create on schema public from {_hostile}");
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Options = "-c default_transaction_read_only=on" });

        await Assert.ThatAsync(
            () => new SchemaInitializer(dataSource).InitializeAsync(Token),
            Throws.InvalidOperationException.With.Message.Contains("takes no changes").And.Message.Contains("default_transaction_read_only"));
    }

    [Test]
    public async Task A_connection_that_is_lost_in_the_middle_of_a_migration_spoils_nothing()
    {
        await SqlAsync($"revoke create on schema public from {_hostile}");
        await SqlAsync(Statements.Get("migrations/0001_database_utils"));
        await using (await HeldLock.TakeAsync(DataSource, "lock table settings in share mode"))
        {
            var initializing = new SchemaInitializer(DataSource).InitializeAsync(Token);
            await using (var other = await DataSource.OpenConnectionAsync(Token))
            {
                await using var terminate = new NpgsqlCommand("select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", other);
                while (await terminate.ExecuteScalarAsync(Token) is not true)
                    await Task.Delay(20, Token);
            }

            await Assert.ThatAsync(() => initializing, Throws.Exception.Matches<Exception>(e => ConnectionLoss.IsCauseOf(e!)));
        }

        Assert.That((await new SchemaInitializer(DataSource).InitializeAsync(Token)).Version, Is.EqualTo(SchemaInitializer.LatestVersion));
    }

    private string Hostile() => new NpgsqlConnectionStringBuilder(ConnectionString) { Username = _hostile, Password = "hostile", Pooling = false }.ConnectionString;

    private async Task AsHostileAsync(string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(Hostile());
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}
