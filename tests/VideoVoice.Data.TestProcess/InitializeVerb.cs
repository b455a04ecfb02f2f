using Npgsql;

namespace VideoVoice.Data.TestProcess;

/// <summary>Waits for a connection string on its standard input, initializes that database, and prints what it did in one line.</summary>
internal static class InitializeVerb
{
    internal static async Task RunAsync()
    {
        Console.WriteLine("ready");
        var connectionString = await Console.In.ReadLineAsync() ?? throw new InvalidOperationException("No connection string came.");
        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        var result = await new SchemaInitializer(dataSource, new VideoVoiceOptions { ConnectionString = connectionString }).InitializeAsync();
        Console.WriteLine(string.Join(' ', result.Applied.Prepend(result.DatabaseCreated ? "created" : "found")));
    }
}
