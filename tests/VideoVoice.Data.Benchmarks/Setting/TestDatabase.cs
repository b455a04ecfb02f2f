using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using VideoVoice.Data.Benchmarks.Measuring;

namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>One contender's database.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly Arena _arena;
    private readonly bool _keep;
    private readonly NpgsqlDataSource _preparing;
    private int? _postmaster;

    internal TestDatabase(Arena arena, string connectionString, bool keep)
    {
        _arena = arena;
        _keep = keep;
        ConnectionString = connectionString;
        // Filling a million rows takes longer than Npgsql's 30 s on a slow disk.
        _preparing = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 600, MaxPoolSize = 4, ApplicationName = "preparing" });
    }

    internal RunOptions Options => _arena.Options;

    internal Arena Arena => _arena;

    internal string ConnectionString { get; }

    /// <summary>The connection string as libpq reads it.</summary>
    internal string Uri
    {
        get
        {
            var parts = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"postgresql://{System.Uri.EscapeDataString(parts.Username!)}:{System.Uri.EscapeDataString(parts.Password ?? "")}@{parts.Host}:{parts.Port}/{parts.Database}";
        }
    }

    /// <summary>The settings that the library gives its data source, for every contender that uses Npgsql.</summary>
    internal string SameSettings =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { MaxAutoPrepare = 50, NoResetOnClose = true, Options = StartUp, ApplicationName = "benchmark" }.ConnectionString;

    /// <summary>The settings of the session that the library asks for.</summary>
    internal const string StartUp = "-c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off";

    internal NpgsqlDataSource CreateDataSource() => NpgsqlDataSource.Create(SameSettings);

    /// <summary>The library as a service registers it.</summary>
    internal ServiceProvider CreateLibrary(Action<VideoVoiceOptions>? configure = null) => new ServiceCollection()
        .AddVideoVoiceData(options =>
        {
            options.ConnectionString = ConnectionString;
            configure?.Invoke(options);
        })
        .BuildServiceProvider();

    internal async Task<int> ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await _preparing.OpenConnectionAsync();
        return await connection.ExecuteAsync(sql, parameters);
    }

    internal async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _preparing.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    internal async Task<IEnumerable<T>> ListAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _preparing.OpenConnectionAsync();
        return await connection.QueryAsync<T>(sql, parameters);
    }

    /// <summary>The process whose children are the server's.</summary>
    internal async Task<int> PostmasterAsync() => _postmaster ??= ServerCost.ParentOf(await ScalarAsync<int>("select pg_backend_pid()"));

    /// <summary>Throws unless so many voices are in the state: a contender that skipped work has no figures.</summary>
    internal async Task VerifyAsync(string status, long expected)
    {
        var found = await ScalarAsync<long>($"select count(*) from voices where status = '{status}'");
        if (found != expected)
            throw new InvalidOperationException($"{found} voices are {status}; {expected} were expected.");
    }

    public async ValueTask DisposeAsync()
    {
        await _preparing.DisposeAsync();
        if (!_keep)
            await _arena.Server.DropDatabaseAsync(new NpgsqlConnectionStringBuilder(ConnectionString).Database!);
    }
}
