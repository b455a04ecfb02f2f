using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Schema;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Schema;

public sealed class MissingDatabaseTests
{
    private static CancellationToken Token => TestContext.CurrentContext.CancellationToken;

    [TestCase("missing_{0}")]
    [TestCase("O'Brien \"quoted\" base {0}")]
    [TestCase("Ção; -- {0}")]
    public async Task A_missing_database_of_any_name_is_created_once(string pattern)
    {
        await using var missing = await MissingDatabase.NameAsync(pattern);

        var first = await missing.InitializeAsync(new VideoVoiceOptions());
        var second = await missing.InitializeAsync(new VideoVoiceOptions());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.DatabaseCreated, Is.True);
            Assert.That(first.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(second.DatabaseCreated, Is.False);
            Assert.That(second.Applied, Is.Empty);
        }
    }

    [Test]
    public async Task A_missing_database_that_may_not_be_created_is_explained()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");

        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => missing.InitializeAsync(new VideoVoiceOptions { CreateDatabase = false }));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.DatabaseNotFound));
            Assert.That(e.Message, Does.Contain(missing.Name).And.Contain("CreateDatabase"));
            Assert.That(e.InnerException, Is.InstanceOf<PostgresException>());
        }
    }

    [Test]
    public async Task An_unknown_time_zone_leaves_no_empty_database_behind()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");

        await Assert.ThatAsync(() => missing.InitializeAsync(new VideoVoiceOptions { LegacyTimeZone = "Mars/Olympus" }), Throws.InvalidOperationException.With.Message.Contains("Mars/Olympus"));

        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => missing.InitializeAsync(new VideoVoiceOptions { CreateDatabase = false }));
        Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.DatabaseNotFound));
    }

    [Test]
    public async Task A_missing_database_is_an_error_for_an_initializer_without_options()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");
        await using var dataSource = NpgsqlDataSource.Create(missing.ConnectionString);

        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => new SchemaInitializer(dataSource).InitializeAsync(Token));

        Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.DatabaseNotFound));
    }

    [Test]
    public async Task Without_the_right_to_create_databases_the_grant_is_named()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");
        var role = $"without_createdb_{Guid.NewGuid():N}";
        var server = await PostgresServer.GetAsync();
        await using var administration = NpgsqlDataSource.Create(server.ConnectionString);
        await using (var create = administration.CreateCommand($"create role {role} login password 'secret-of-the-role' nocreatedb"))
            await create.ExecuteNonQueryAsync(Token);

        try
        {
            var asRole = new NpgsqlConnectionStringBuilder(missing.ConnectionString) { Username = role, Password = "secret-of-the-role" }.ConnectionString;

            var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => MissingDatabase.InitializeAsync(asRole, new VideoVoiceOptions()));

            Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.PermissionDenied));
            Assert.That(e.Message, Does.Contain($"alter role \"{role}\" createdb").And.Contain(missing.Name).And.Not.Contain("secret-of-the-role"));
            Assert.That(e.InnerException, Is.InstanceOf<PostgresException>());
        }
        finally
        {
            await using var drop = administration.CreateCommand($"drop role {role}");
            await drop.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    [Test]
    public async Task Of_50_initializers_at_once_one_creates_the_database_and_one_applies_each_migration()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => missing.InitializeAsync(new VideoVoiceOptions()), Token)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(results.Count(r => r.DatabaseCreated), Is.EqualTo(1));
            Assert.That(results.SelectMany(r => r.Applied).Order(StringComparer.Ordinal), Is.EqualTo(Migration.All.Select(m => m.Name)));
            Assert.That(results.Select(r => r.Version), Is.All.EqualTo(SchemaInitializer.LatestVersion));
        }
    }

    [Test]
    public async Task Of_8_processes_at_once_one_creates_the_database_and_one_applies_each_migration()
    {
        await using var missing = await MissingDatabase.NameAsync("missing_{0}");
        var processes = Enumerable.Range(0, 8).Select(_ => ChildProcess.Start("initialize")).ToList();
        try
        {
            foreach (var process in processes)
                Assert.That(await process.ReadLineAsync(Token), Is.EqualTo("ready"));

            foreach (var process in processes)
                await process.WriteLineAsync(missing.ConnectionString);

            var results = await Task.WhenAll(processes.Select(process => process.ReadLineAsync(Token)));
            using (Assert.EnterMultipleScope())
            {
                Assert.That(results.Count(r => r.StartsWith("created", StringComparison.Ordinal)), Is.EqualTo(1));
                Assert.That(results.SelectMany(r => r.Split(' ').Skip(1)).Order(StringComparer.Ordinal), Is.EqualTo(Migration.All.Select(m => m.Name)));
            }
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }
    }
}
