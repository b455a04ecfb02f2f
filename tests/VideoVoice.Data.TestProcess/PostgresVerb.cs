using VideoVoice.Data.Testing;

namespace VideoVoice.Data.TestProcess;

/// <summary>Starts a server, prints its port, process id and folder in one line, and ends in the given way without disposing of it.</summary>
internal static class PostgresVerb
{
    internal static async Task RunAsync(string end, string? folder)
    {
        var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { Folder = folder, UseExistingServer = false });
        Console.WriteLine($"{postgres.Port} {postgres.ProcessId} {postgres.Folder}");
        // The other ends wait for this line, so that the test sees the server alive first.
        if (end == "wait") await Task.Delay(Timeout.Infinite);
        await Console.In.ReadLineAsync();
        switch (end)
        {
            case "exit":
                return;
            case "throw":
                throw new InvalidOperationException("Unhandled on purpose.");
            case "failfast":
                Environment.FailFast("On purpose.");
                return;
            default:
                throw new ArgumentException($"There is no end named '{end}'.", nameof(end));
        }
    }
}
