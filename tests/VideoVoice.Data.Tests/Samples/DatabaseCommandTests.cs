using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Testing;

namespace VideoVoice.Data.Tests.Samples;

/// <summary><c>init</c> and <c>drop</c>, and what every command says without a database.</summary>
[CancelAfter(120_000)]
public sealed class DatabaseCommandTests : CommandTest
{
    protected override bool Initialized => false;

    [Test]
    public async Task Init_creates_a_database_and_drop_removes_it_under_an_open_connection()
    {
        Target.Database = "Sample's " + Guid.NewGuid().ToString("N");

        var created = await RunAsync("init");
        var again = await RunAsync("init");
        await using var open = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Target.ConnectionString) { Pooling = false }.ConnectionString);
        await open.OpenAsync(Token);
        var refused = await RunAsync("drop");
        var before = await CountAsync();
        var dropped = await RunAsync("drop", "--yes");
        var missing = await RunAsync("drop", "--yes");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(created.ExitCode, Is.Zero, created.Error);
            Assert.That(created.Output, Does.Contain("Created the database.").And.Contain("Applied 0001").And.Contain("voices imported"));
            Assert.That(again.Output.Trim(), Is.EqualTo($"Schema version {SchemaInitializer.LatestVersion}; voices imported."));
            Assert.That(refused.ExitCode, Is.EqualTo(1));
            Assert.That(refused.Error, Does.Contain("--yes").And.Contain(Target.Database));
            Assert.That(before, Is.EqualTo(1));
            Assert.That(dropped.ExitCode, Is.Zero, dropped.Error);
            Assert.That(await CountAsync(), Is.Zero);
            Assert.That(missing.ExitCode, Is.EqualTo(1));
            Assert.That(missing.Error, Does.Contain("does not exist"));
        }

        Task<long> CountAsync() => ScalarAsync<long>("select count(*) from pg_database where datname = @name", new { name = Target.Database });
    }

    [TestCase("status")]
    [TestCase("watch")]
    public async Task A_malformed_id_is_a_message_and_no_crash(string command)
    {
        var result = await RunAsync(command, "notaguid");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("'notaguid'").And.Not.Contain("   at "));
    }

    [Test]
    public async Task An_unknown_time_zone_is_a_message_and_leaves_no_database()
    {
        Target.Database = "zone_" + Guid.NewGuid().ToString("N");
        Variables["VideoVoice__LegacyTimeZone"] = "Mars/Olympus";

        var result = await RunAsync("init");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("Mars/Olympus").And.Not.Contain("   at "));
        Assert.That(await ScalarAsync<long>("select count(*) from pg_database where datname = @name", new { name = Target.Database }), Is.Zero);
    }

    [Test]
    public async Task A_command_on_an_empty_database_names_init()
    {
        var result = await RunAsync("status");

        Assert.That((result.ExitCode, result.Error.Contains("sub-command init", StringComparison.Ordinal)), Is.EqualTo((1, true)), result.Error);
    }

    [TestCase("init"), TestCase("check"), TestCase("clone"), TestCase("status"), TestCase("drop", "--yes")]
    public async Task Without_a_configured_database_a_command_says_what_to_set(params string[] arguments)
    {
        using var folder = new TemporaryFolder();

        var result = await SampleProcess.RunAsync(folder.Path, new Dictionary<string, string>(), Token, arguments);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Error, Does.Contain("ConnectionStrings__VideoVoice").And.Contain("POSTGRES_HOST"));
            Assert.That(result.Output, Is.Empty);
        }
    }

    [TestCase("Password='marker;with=signs'", "marker;with=signs")]
    [TestCase("PWD=marker", "marker")]
    [TestCase("psw=\"mark\"", "mark")]
    public async Task A_password_that_has_got_into_a_message_is_not_printed(string part, string password)
    {
        using var folder = new TemporaryFolder();
        // The database's name holds the password, so that the message of every command would print it.
        var environment = new Dictionary<string, string> { ["ConnectionStrings__VideoVoice"] = $"Host=127.0.0.1;Port=1;Username=u;Database='db {password}';{part}" };
        foreach (var arguments in new[] { ["status"], ["check"], ["init"], ["drop"], new[] { "clone", "--once" } })
        {
            var result = await SampleProcess.RunAsync(folder.Path, environment, Token, arguments);

            Assert.That(result.ExitCode, Is.EqualTo(1), string.Join(' ', arguments));
            Assert.That(result.Output + result.Error, Does.Not.Contain(password), string.Join(' ', arguments));
        }
    }

    [TestCase("ConnectionStrings__VideoVoice", "Host=localhost;Pass")]
    [TestCase("POSTGRES_PORT", "many")]
    public async Task A_value_that_cannot_be_read_is_named(string variable, string value)
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["POSTGRES_HOST"] = "localhost", [variable] = value };

        var result = await SampleProcess.RunAsync(folder.Path, environment, Token, "status");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(1));
            Assert.That(result.Error, Does.Contain("connection string").Or.Contain(variable).And.Not.Contain("   at "));
        }
    }
}
