using System.Globalization;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>The managers on one connection, whose costs can be read, and rows for their methods.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly ServiceProvider _library;

    private Scene(TestDatabase database)
    {
        _database = database;
        // With notifications, a second statement would be part of some of the writes.
        _library = database.CreateLibrary(options =>
        {
            options.ConnectionString = new NpgsqlConnectionStringBuilder(options.ConnectionString) { MaxPoolSize = 1 }.ConnectionString;
            options.Notifications = false;
        });
    }

    internal VideoManager Videos => _library.GetRequiredService<VideoManager>();

    internal VoiceManager Voices => _library.GetRequiredService<VoiceManager>();

    internal VoiceMappingManager Mappings => _library.GetRequiredService<VoiceMappingManager>();

    internal StatusManager Status => _library.GetRequiredService<StatusManager>();

    internal Guid[] Finished { get; private set; } = [];

    internal Guid[] FinishedVideos { get; private set; } = [];

    internal Guid[] OpenVideos { get; private set; } = [];

    internal Guid[] EmptyVideos { get; private set; } = [];

    /// <summary>What the claims of one and of sixteen have taken, in their order.</summary>
    internal List<VoiceFence[]> Held { get; } = [];

    internal List<Guid> ClaimIds { get; } = [];

    internal VoiceFence One(int i) => Held.Where(h => h.Length == 1).ElementAt(i)[0];

    internal VoiceFence[] Batch(int i) => Held.Where(h => h.Length > 1).ElementAt(i);

    internal static async Task<Scene> OpenAsync(TestDatabase database)
    {
        // What the round before has left goes, and nothing runs beside the round.
        await database.ExecuteAsync("alter table voices set (autovacuum_enabled = false); alter table videos set (autovacuum_enabled = false)");
        await database.ExecuteAsync("delete from videos where title in ('open', 'old', 'empty', 'Video')");
        await database.ExecuteAsync("update voices set status = 'pending', lease_expires_at = null, priority = 0 where status = 'processing'");
        await Templates.InsertAsync(database, 100, Templates.VoicesPerVideo, "pending", "open");
        await database.ExecuteAsync("insert into videos (title) select 'empty' from generate_series(1, 100)");
        // Ten for each call, each group older than the next.
        await database.ExecuteAsync(
            """
            insert into videos (title, status, created_at, completed_at)
            select 'old', 'completed', now() - interval '400 days' - (n / 10) * interval '20 minutes' - interval '10 minutes', now() - interval '400 days' - (n / 10) * interval '20 minutes' - interval '10 minutes'
            from generate_series(0, 999) n
            """);
        await database.ExecuteAsync("insert into voice_mappings (voice_id, voice_name, voice_file, language) select 'unused ' || n, 'Unused', '/unused.wav', 'pt-br' from generate_series(0, 99) n on conflict do nothing");
        await database.ExecuteAsync("vacuum analyze voices");
        await database.ExecuteAsync("vacuum analyze videos");
        var scene = new Scene(database);
        scene.Finished = [.. await database.ListAsync<Guid>("select id from voices where status = 'completed' order by md5(id::text) limit 200")];
        scene.FinishedVideos = [.. await database.ListAsync<Guid>("select id from videos where status = 'completed' and title <> 'old' order by md5(id::text) limit 200")];
        scene.OpenVideos = [.. await database.ListAsync<Guid>("select id from videos where title = 'open'")];
        scene.EmptyVideos = [.. await database.ListAsync<Guid>("select id from videos where title = 'empty'")];
        return scene;
    }

    internal async Task<VoiceFence[]> ClaimAsync(int limit)
    {
        var claimId = Guid.CreateVersion7();
        var claimed = await Voices.ClaimVoicesAsync(new VoiceClaim("benchmark", limit, TimeSpan.FromMinutes(10)) { ClaimId = claimId });
        if (claimed.Count != limit)
            throw new InvalidOperationException($"A claim of {limit} found {claimed.Count}.");
        if (limit == 1)
            ClaimIds.Add(claimId);
        return [.. claimed.Select(c => c.Fence)];
    }

    /// <summary>Pages touched in the database, and the processor time of the connection.</summary>
    internal async Task<(double Pages, double Microseconds)> ReadAsync()
    {
        await using (var connection = await _library.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync())
        {
            // Else they are reported once a second.
            await connection.ExecuteAsync("select pg_stat_force_next_flush()");
            _ = ServerCost.ParentOf(connection.ProcessID);
            var time = double.Parse((await File.ReadAllTextAsync($"/proc/{connection.ProcessID}/schedstat")).Split(' ')[0], CultureInfo.InvariantCulture) / 1_000;
            var pages = await _database.ScalarAsync<double>("select (blks_hit + blks_read)::float8 from pg_stat_database where datname = current_database()");
            return (pages, time);
        }
    }

    public ValueTask DisposeAsync() => _library.DisposeAsync();
}
