using NUnit.Framework;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>The one server of a test run: started by the first test that asks for it.</summary>
[SetUpFixture]
public sealed class PostgresServer
{
    // Not on the first asker's thread: its test's cancellation and context are not those of the others.
    private static readonly Lazy<Task<LocalPostgres>> Server = new(() => Task.Run(() => LocalPostgres.StartAsync()));

    public static Task<LocalPostgres> GetAsync() => Server.Value;

    [OneTimeTearDown]
    public static async Task StopAsync()
    {
        // A failed start was reported by the tests that asked.
        if (Server.IsValueCreated && Server.Value.IsCompletedSuccessfully) await (await Server.Value).DisposeAsync();
    }
}
