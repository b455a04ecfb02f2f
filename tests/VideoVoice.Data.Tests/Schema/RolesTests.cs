using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Hosting;
using VideoVoice.Data.Tests.Input;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>An owner that migrates, an application and a monitoring that have what they need and nothing more.</summary>
public sealed class RolesTests : DatabaseTest
{
    private readonly string _application = $"application {Guid.NewGuid():N}";
    private readonly string _monitoring = $"Monitoring\"{Guid.NewGuid():N}";

    private static IEnumerable<string> StatusMethods => ManagerMethods.All.Where(m => m.StartsWith("StatusManager.", StringComparison.Ordinal));

    private static IEnumerable<string> OtherMethods => ManagerMethods.All.Except(StatusMethods);

    [SetUp]
    public async Task GrantAsync()
    {
        await SqlAsync($"create role {Quoted(_application)} login; create role {Quoted(_monitoring)} login");
        await new SchemaInitializer(DataSource).GrantRolesAsync(_application, _monitoring, Token);
    }

    [TearDown]
    public Task DropAsync() => SqlAsync($"drop owned by {Quoted(_application)}, {Quoted(_monitoring)}; drop role {Quoted(_application)}, {Quoted(_monitoring)}");

    [TestCaseSource(typeof(ManagerMethods), nameof(ManagerMethods.All))]
    public async Task The_application_calls_every_method(string method)
    {
        var world = await World.CreateAsync(DataSource);
        await using var dataSource = As(_application);

        await ManagerMethods.CallAsync(method, dataSource, world, null, Token);
    }

    [TestCaseSource(nameof(StatusMethods))]
    public async Task The_monitoring_calls_every_status_method(string method)
    {
        var world = await World.CreateAsync(DataSource);
        await using var dataSource = As(_monitoring);

        await ManagerMethods.CallAsync(method, dataSource, world, null, Token);
    }

    [TestCaseSource(typeof(ManagerMethods), nameof(ManagerMethods.Writes))]
    public async Task The_monitoring_writes_nothing(string method)
    {
        var world = await World.CreateAsync(DataSource);
        await using var dataSource = As(_monitoring);

        var refused = await Assert.CatchAsync(() => ManagerMethods.CallAsync(method, dataSource, world, null, Token));

        Assert.That((refused as PostgresException ?? refused!.InnerException as PostgresException)?.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), refused.Message);
    }

    [TestCase("create table other (id integer)")]
    [TestCase("alter table voices add column other integer")]
    [TestCase("drop table videovoice_listeners")]
    [TestCase("truncate voices")]
    [TestCase("alter table voices disable trigger user")]
    [TestCase("insert into videovoice_migrations (version, name) values (99, 'other')")]
    [TestCase("delete from videovoice_late_writes")]
    [TestCase("create or replace view video_processing_status as select 1")]
    public async Task No_role_does_more(string statement)
    {
        foreach (var role in new[] { _application, _monitoring })
        {
            await using var dataSource = As(role);
            await using var connection = await dataSource.OpenConnectionAsync(Token);

            var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(statement));

            Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), $"{role}: {statement}");
        }
    }

    [TestCase("claim_voices('w')")]
    [TestCase("heartbeat_voices(array[gen_random_uuid()], array[1])")]
    [TestCase("complete_voices(array[gen_random_uuid()], array[1], array['/a.wav'])")]
    [TestCase("fail_voice_processing(gen_random_uuid(), 1, 'error')")]
    [TestCase("release_voices(array[gen_random_uuid()], array[1])")]
    public async Task The_functions_run_with_the_rights_of_their_caller(string call)
    {
        await new SchemaInitializer(DataSource).InstallFunctionsAsync(Token);
        await using var application = As(_application);
        await using var monitoring = As(_monitoring);
        await using var allowed = application.CreateCommand($"select * from {call}");
        await using var forbidden = monitoring.CreateCommand($"select * from {call}");

        await Assert.DoesNotThrowAsync(() => allowed.ExecuteNonQueryAsync(Token));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => forbidden.ExecuteNonQueryAsync(Token));

        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
    }

    [Test]
    public async Task The_monitoring_runs_the_health_check()
    {
        var entry = await HealthCheckTests.CheckAsync(ConnectionStringOf(_monitoring));

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy), entry.Description);
    }

    [Test]
    public async Task The_script_grants_the_same_from_psql()
    {
        await SqlAsync($"revoke all on all tables in schema public from {Quoted(_application)}");

        var (exitCode, _, error) = await ServerProgram.RunAsync(
            "psql", ConnectionString, Token, "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-c", $"set videovoice.application_role = '{_application}'", "-f", Repository.PathOf("sql/roles.sql"));

        Assert.That(exitCode, Is.Zero, error);
        Assert.That(await ScalarAsync<bool>("select has_table_privilege(@role, 'voices', 'select, insert, update, delete')", new { role = _application }), Is.True);
    }

    [Test]
    public async Task What_was_granted_before_is_taken_back()
    {
        await SqlAsync($"grant truncate on voices to {Quoted(_application)}; grant update on videos to {Quoted(_monitoring)}");

        await new SchemaInitializer(DataSource).GrantRolesAsync(_application, _monitoring, Token);

        Assert.That(await ScalarAsync<bool>("select has_table_privilege(@role, 'voices', 'truncate')", new { role = _application }), Is.False);
        Assert.That(await ScalarAsync<bool>("select has_table_privilege(@role, 'videos', 'update')", new { role = _monitoring }), Is.False);
    }

    [Test]
    public async Task The_application_is_told_that_the_owner_must_migrate()
    {
        await SqlAsync("delete from videovoice_migrations where version > 5");
        await using var dataSource = As(_application);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => new SchemaInitializer(dataSource).InitializeAsync(Token));

        Assert.That(refused!.Message, Does.Contain($"has version 5 and this library needs {SchemaInitializer.LatestVersion}").And.Contain("Let the owner of the tables call InitializeAsync"));
    }

    [Test]
    public async Task A_role_that_is_missing_or_a_user_that_may_not_grant_is_told_so()
    {
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => new SchemaInitializer(DataSource).GrantRolesAsync("nobody'; --", null, Token));
        await using var dataSource = As(_application);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => new SchemaInitializer(dataSource).GrantRolesAsync(null, _monitoring, Token));

        Assert.That(missing!.Message, Does.Contain("role \"nobody'; --\" does not exist").And.Contain("create role"));
        Assert.That(refused!.Message, Does.Contain("Call it as their owner"));
    }

    [TestCase(null, null, "applicationRole")]
    [TestCase("", null, "applicationRole")]
    [TestCase(null, " ", "monitoringRole")]
    [TestCase("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", null, "applicationRole")]
    public async Task Names_that_are_none_are_refused(string? application, string? monitoring, string parameter) =>
        Assert.That((await Assert.CatchAsync<ArgumentException>(() => new SchemaInitializer(DataSource).GrantRolesAsync(application, monitoring, Token)))!.ParamName, Is.EqualTo(parameter));

    private static string Quoted(string role) => $"\"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private NpgsqlDataSource As(string role) => NpgsqlDataSource.Create(ConnectionStringOf(role));

    private string ConnectionStringOf(string role) => new NpgsqlConnectionStringBuilder(ConnectionString)
    {
        Options = $"-c role={role.Replace(" ", "\\ ", StringComparison.Ordinal)}",
        Pooling = false,
    }.ConnectionString;
}
