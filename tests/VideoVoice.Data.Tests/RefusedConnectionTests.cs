using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>What a server of its own settings refuses.</summary>
[CancelAfter(60_000)]
public sealed class RefusedConnectionTests
{
    private readonly TemporaryFolder _folder = new();
    private LocalPostgres _postgres = null!;

    [SetUp]
    public async Task StartAsync()
    {
        await File.WriteAllLinesAsync(_folder["pg_hba.conf"], ["host all postgres,guest 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 reject"]);
        _postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions
        {
            UseExistingServer = false,
            Settings = new Dictionary<string, string> { ["hba_file"] = _folder["pg_hba.conf"], ["max_connections"] = "5", ["superuser_reserved_connections"] = "3" },
        });
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task A_client_that_pg_hba_rejects_is_shown_the_server_s_own_line()
    {
        var e = await ExplainAsync("stranger");

        Assert.That(e.Problem, Is.EqualTo(ConnectionProblem.AuthenticationFailed));
        Assert.That(e.Message, Does.Contain("pg_hba.conf rejects connection for host").And.Contain("stranger"));
    }

    [Test]
    public async Task A_server_without_a_free_connection_is_told_from_a_role_s_own_limit()
    {
        await using var administration = NpgsqlDataSource.Create(_postgres.ConnectionString);
        await using (var create = administration.CreateCommand("create role guest login password 'guest'"))
            await create.ExecuteNonQueryAsync();
        await using var guests = NpgsqlDataSource.Create(ConnectionOf("guest"));
        List<NpgsqlConnection> open = [];
        DatabaseConnectionException? refused = null;
        try
        {
            for (var i = 0; i < 5 && refused is null; i++)
            {
                try
                {
                    open.Add(await guests.OpenConnectionAsync());
                }
                catch (PostgresException)
                {
                    refused = await ExplainAsync("guest");
                }
            }
        }
        finally
        {
            foreach (var connection in open)
                await connection.DisposeAsync();
        }

        Assert.That(refused?.Problem, Is.EqualTo(ConnectionProblem.TooManyConnections));
        Assert.That(refused!.Message, Does.Contain("Raise max_connections of the server").And.Not.Contain("alter role"));
    }

    private string ConnectionOf(string user) => new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Username = user, Password = "guest", Pooling = false }.ConnectionString;

    private async Task<DatabaseConnectionException> ExplainAsync(string user)
    {
        await using var dataSource = NpgsqlDataSource.Create(ConnectionOf(user));
        return (await Assert.ThrowsAsync<DatabaseConnectionException>(() => new VideoManager(dataSource).ListVideosAsync()))!;
    }
}
