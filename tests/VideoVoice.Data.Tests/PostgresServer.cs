using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>
/// The one server of a test run, started by the first test that asks for it: the existing one that the environment names, else a container where a
/// Docker engine answers, else a throwaway server.
/// </summary>
[SetUpFixture]
public sealed class PostgresServer
{
    // Not on the first asker's thread: its test's cancellation and context are not those of the others.
    private static Lazy<Task<LocalPostgres>> s_server = NewServer();
    private static Lazy<Task<LocalPostgres>> s_strict = NewStrictServer();

#if TESTCONTAINERS
    private static IAsyncDisposable? s_container;
#endif

    /// <summary>True where several runs in one process share the server and its template; their other databases are dropped after each.</summary>
    internal static bool IsKept { get; set; }

    public static Task<LocalPostgres> GetAsync() => s_server.Value;

    /// <summary>A server that refuses a wrong password: that of the run, unless it trusts everybody, as an existing server may.</summary>
    public static Task<LocalPostgres> GetStrictAsync() => s_strict.Value;

    private static Lazy<Task<LocalPostgres>> NewServer() => new(() => Task.Run(StartAsync));

    private static Lazy<Task<LocalPostgres>> NewStrictServer() => new(() => Task.Run(async () =>
    {
        var server = await GetAsync();
        return await RefusesAsync(server) ? server : await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false });
    }));

    private static async Task<bool> RefusesAsync(LocalPostgres server)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = $"{Guid.NewGuid()}", Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return false;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword)
        {
            return true;
        }
    }

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        if (IsKept)
        {
            await TestDatabase.DropFreeAsync(await GetAsync());
            return;
        }

        // Another run in the same process starts others.
        await StopAsync(Interlocked.Exchange(ref s_strict, NewStrictServer()));
        await StopAsync(Interlocked.Exchange(ref s_server, NewServer()));
#if TESTCONTAINERS
        if (s_container is not null) await s_container.DisposeAsync();
#endif
    }

    private static async Task StopAsync(Lazy<Task<LocalPostgres>> server)
    {
        // A failed start was reported by the tests that asked.
        if (!server.IsValueCreated || !server.Value.IsCompletedSuccessfully)
            return;

        await TestDatabase.DropFreeAsync(await server.Value);
        await (await server.Value).DisposeAsync();
    }

    private static async Task<LocalPostgres> StartAsync()
    {
#if TESTCONTAINERS
        if (Environment.GetEnvironmentVariable("VIDEOVOICE_TEST_CONNECTION") is null)
        {
            try
            {
                (var connectionString, s_container) = await Containers.PostgresContainer.StartAsync();
                return await LocalPostgres.StartAsync(new LocalPostgresOptions { ExistingServer = connectionString });
            }
            catch (DotNet.Testcontainers.Builders.DockerUnavailableException)
            {
            }
        }
#endif
        var server = await LocalPostgres.StartAsync();
        if (server.Folder is not null)
            await RevokeCreateAsync(server);
        return server;
    }

    /// <summary>Before PostgreSQL 15 every role may create objects in the schema public, and initializers refuse while the roles of other tests are there.</summary>
    private static async Task RevokeCreateAsync(LocalPostgres server)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "template1", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("revoke create on schema public from public", connection);
        await command.ExecuteNonQueryAsync();
    }
}
