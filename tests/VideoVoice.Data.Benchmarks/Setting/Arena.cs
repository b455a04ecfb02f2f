using Npgsql;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>The server and the templates of the databases on it.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private readonly Dictionary<string, string> _templates = [];
    private readonly LocalPostgres _server;

    private Arena(LocalPostgres server, RunOptions options)
    {
        _server = server;
        Options = options;
    }

    internal RunOptions Options { get; }

    internal LocalPostgres Server => _server;

    internal static async Task<Arena> StartAsync(RunOptions options)
    {
        var server = await LocalPostgres.StartAsync(new LocalPostgresOptions
        {
            // A short run says nothing of speed, and so need not wait for the disk.
            Durable = !options.Short,
            // As on any server for work, beside the defaults: room for the clients, the tables in memory, and no checkpoint in the middle of each round.
            Settings = new Dictionary<string, string>
            {
                ["max_connections"] = "400",
                ["shared_buffers"] = "1GB",
                ["max_wal_size"] = "4GB",
            },
        });
        return new Arena(server, options);
    }

    /// <summary>A fresh copy of a template.</summary>
    internal async Task<TestDatabase> CreateAsync(string template)
    {
        if (!_templates.TryGetValue(template, out var name))
        {
            var connectionString = await _server.CreateDatabaseAsync();
            await using (var database = new TestDatabase(this, connectionString, keep: true))
                await Templates.FillAsync(template, database);
            _templates[template] = name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        }

        return new TestDatabase(this, await _server.CreateDatabaseAsync(template: name), keep: false);
    }

    /// <summary>Drops the templates that only the last benchmarks needed, so that the disk does not hold all of them.</summary>
    internal async Task ForgetAsync(string template)
    {
        if (_templates.Remove(template, out var name))
            await _server.DropDatabaseAsync(name);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
