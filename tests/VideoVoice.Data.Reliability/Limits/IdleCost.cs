using System.Globalization;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Reliability.Limits;

/// <summary>What an idle process costs the server: with one worker that has nothing to do, and one wait for a video that nobody works on.</summary>
internal static class IdleCost
{
    private const string Statements = "select xact_commit + xact_rollback from pg_stat_database where datname = @database";

    internal static async Task<int> RunAsync(TimeSpan time)
    {
        await using var postgres = await LocalPostgres.StartAsync();
        var statements = await CountAsync(await postgres.CreateDatabaseAsync(), null, time);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{statements / time.TotalMinutes:0} statements a minute of a worker and a wait"));
        return 0;
    }

    /// <summary>How many statements they sent in that time. Each is a transaction of its own.</summary>
    internal static async Task<long> CountAsync(string connectionString, TimeSpan? pollInterval, TimeSpan time)
    {
        using var host = await WorkerOfLimits.StartAsync(connectionString, pollInterval);
        var (videos, voices) = (host.Services.GetRequiredService<VideoManager>(), host.Services.GetRequiredService<VoiceManager>());
        var video = await videos.CreateVideoAsync("Video");
        // The worker leaves it alone: somebody has started it without a lease.
        await using (var connection = new NpgsqlConnection(connectionString))
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var request = await voices.CreateVoiceRequestAsync(video, "Aluno", "Oi", transaction: transaction);
            await voices.StartVoiceProcessingAsync(request, transaction);
            await transaction.CommitAsync();
        }

        using var over = new CancellationTokenSource();
        var wait = voices.WaitForVoicesAsync(video, cancellationToken: over.Token);
        await using var observer = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Database = "postgres" }.ConnectionString);
        await observer.OpenAsync();
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        // A backend reports what it did once a second.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var before = await observer.ExecuteScalarAsync<long>(Statements, new { database });
        await Task.Delay(time);
        var after = await observer.ExecuteScalarAsync<long>(Statements, new { database });
        await over.CancelAsync();
        await wait.ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
        await host.StopAsync();
        return after - before;
    }
}
