using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Samples;

/// <summary><c>check</c> on a good database and in each of the four common troubles.</summary>
[CancelAfter(120_000)]
public sealed class CheckTests : CommandTest
{
    private static readonly string[] s_troubles = ["Connection refused", "Authentication failed", "Database not found", "Permission denied"];

    private readonly string _role = "checker_" + Guid.NewGuid().ToString("N");

    protected override bool NeedsPasswords => true;

    [Test]
    public async Task A_good_database_shows_its_versions_and_counts()
    {
        await CreateVideoAsync("Um.", "Dois.");

        var result = await RunAsync("check");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(result.Output, Does.Contain($"Server: {Target.Host}:{Target.Port}, database {Target.Database}, user {Target.Username}"));
            Assert.That(result.Output, Does.Contain("Server version: " + await ScalarAsync<string>("select split_part(current_setting('server_version'), ' ', 1)")));
            Assert.That(result.Output, Does.Contain($"Schema version: {SchemaInitializer.LatestVersion}; this program knows {SchemaInitializer.LatestVersion}"));
            Assert.That(result.Output, Does.Contain("Videos: 1 (1 pending").And.Contain("Voices: 2 (2 pending").And.Contain("No trouble."));
            Assert.That(Marked(result), Is.Empty);
            AssertExplained(result);
        }
    }

    [Test]
    public async Task Connection_refused()
    {
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Target.Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        await AssertTroubleAsync("Connection refused");
    }

    [Test]
    public async Task Authentication_failed()
    {
        Target.Password = "not-the-password";

        await AssertTroubleAsync("Authentication failed");
    }

    [Test]
    public async Task Database_not_found()
    {
        Target.Database = "no_such_database";

        await AssertTroubleAsync("Database not found");
    }

    [Test]
    public async Task Permission_denied_on_the_database() =>
        await AssertDeniedAsync("do $$ begin execute format('revoke connect on database %I from public', current_database()); end $$", "may not connect");

    [Test]
    public async Task Permission_denied_on_the_schema() =>
        await AssertDeniedAsync("revoke usage on schema public from public", "usage on schema public");

    [Test]
    public async Task Permission_denied_on_the_tables() =>
        await AssertDeniedAsync("revoke all on all tables in schema public from public", "select on videovoice_migrations");

    [Test]
    public async Task Permission_denied_to_write() =>
        await AssertDeniedAsync($"grant select on all tables in schema public to {_role}", "insert on voices");

    [Test]
    public async Task An_old_or_missing_schema_is_a_trouble_whose_cure_is_init()
    {
        await SqlAsync("delete from videovoice_migrations");

        var result = await RunAsync("check");

        Assert.That((result.ExitCode, result.Output.Contains("Run init.", StringComparison.Ordinal)), Is.EqualTo((1, true)), result.Output);
    }

    [TearDown]
    public Task DropRoleAsync() => SqlAsync(
        $"do $$ begin if exists (select from pg_roles where rolname = '{_role}') then drop owned by {_role}; drop role {_role}; end if; end $$");

    private async Task AssertDeniedAsync(string rights, string message)
    {
        (Target.Username, Target.Password) = (_role, "not-to-be-shown");
        await SqlAsync($"create role {_role} login password '{Target.Password}'; {rights}");

        var result = await AssertTroubleAsync("Permission denied");

        Assert.That(result.Output, Does.Contain(message));
    }

    private async Task<SampleResult> AssertTroubleAsync(string trouble)
    {
        var result = await RunAsync("check");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(1), result.Error);
            Assert.That(Marked(result), Is.EqualTo(new[] { trouble }), result.Output);
            Assert.That(result.Output, Does.Contain("Trouble: ").And.Not.Contain(Target.Password!));
            AssertExplained(result);
        }

        return result;
    }

    private static void AssertExplained(SampleResult result)
    {
        Assert.That(result.Rows.Select(row => row[1]), Is.EqualTo(s_troubles));
        Assert.That(result.Rows.SelectMany(row => row[2..]), Is.All.Not.Empty);
    }

    private static IEnumerable<string> Marked(SampleResult result) => result.Rows.Where(row => row[0] == "=>").Select(row => row[1]);
}
