using System.Globalization;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>A name that no database of the server has; disposing drops what was created under it.</summary>
internal sealed class MissingDatabase(LocalPostgres server, string name) : IAsyncDisposable
{
    internal string Name => name;

    internal string ConnectionString { get; } =
        new NpgsqlConnectionStringBuilder(server.GetConnectionString(name)) { Pooling = false }.ConnectionString;

    internal static async Task<MissingDatabase> NameAsync(string pattern) =>
        new(await PostgresServer.GetAsync(), string.Format(CultureInfo.InvariantCulture, pattern, Guid.NewGuid().ToString("N")[..8]));

    internal Task<SchemaInitialization> InitializeAsync(VideoVoiceOptions options) => InitializeAsync(ConnectionString, options);

    /// <summary>An initializer as a process of its own would have it: with its own data source.</summary>
    internal static async Task<SchemaInitialization> InitializeAsync(string connectionString, VideoVoiceOptions options)
    {
        options.ConnectionString = connectionString;
        await using var dataSource = DataSources.Create(options, null);
        return await new SchemaInitializer(dataSource, options).InitializeAsync(TestContext.CurrentContext.CancellationToken);
    }

    public async ValueTask DisposeAsync() => await server.DropDatabaseAsync(name);
}
