using NUnit.Framework;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>
/// The one server of a test run, started by the first test that asks for it: the existing one that the environment names, else a s_container where a
/// Docker engine answers, else a throwaway server.
/// </summary>
[SetUpFixture]
public sealed class PostgresServer
{
    // Not on the first asker's thread: its test's cancellation and context are not those of the others.
    private static Lazy<Task<LocalPostgres>> s_server = NewServer();

#if TESTCONTAINERS
    private static IAsyncDisposable? s_container;
#endif

    public static Task<LocalPostgres> GetAsync() => s_server.Value;

    private static Lazy<Task<LocalPostgres>> NewServer() => new(() => Task.Run(StartAsync));

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        // Another run in the same process starts another.
        var server = Interlocked.Exchange(ref s_server, NewServer());
        // A failed start was reported by the tests that asked.
        if (server.IsValueCreated && server.Value.IsCompletedSuccessfully) await (await server.Value).DisposeAsync();
#if TESTCONTAINERS
        if (s_container is not null) await s_container.DisposeAsync();
#endif
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
        return await LocalPostgres.StartAsync();
    }
}
