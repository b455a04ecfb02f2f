using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>Many videos that one process waits for.</summary>
internal static class Waiting
{
    internal static Benchmark Row => new(
        "waiters",
        "10,000 videos waited for in one process: a voice is completed, and its waiter returns",
        [new("p50", "ms"), new("p99", "ms"), new("connections", ""), new("memory a waiter", "bytes")],
        null,
        [new("library", MeasureAsync)],
        [Goal.Most("p99", "library", null, 20), Goal.Most("connections", "library", null, 1)])
    {
        Rounds = 1,
        Remark = "Another data source completes 1,000 voices one after the other; the time is from the moment in which the completion has returned. Connections are those of the waiting process when all wait and its pool has let idle ones go.",
    };

    private static async Task<double[]> MeasureAsync(TestDatabase database)
    {
        var (waiters, completions) = (database.Options.Rows(10_000, 200), database.Options.Rows(1_000, 40));
        await database.ExecuteAsync("truncate videos, voices");
        await Templates.InsertAsync(database, waiters, 1, "processing");
        await database.ExecuteAsync("vacuum analyze");

        var pool = new NpgsqlConnectionStringBuilder(database.SameSettings) { ApplicationName = "waiting", ConnectionIdleLifetime = 1, ConnectionPruningInterval = 1 };
        await using var dataSource = NpgsqlDataSource.Create(pool);
        await using var waiting = new VoiceManager(dataSource);
        await using var library = database.CreateLibrary();
        var voices = library.GetRequiredService<VoiceManager>();

        var rows = (await database.ListAsync<(Guid Video, Guid Voice)>("select video_id, id from voices order by id")).ToArray();
        var returned = new long[waiters];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var stop = new CancellationTokenSource();
        var tasks = rows.Select((row, i) => WaitAsync(waiting, row.Video, returned, i, stop.Token)).ToArray();
        // The first look of each goes through the pool; when its connections are gone, all have looked and only the listener's is left.
        long connections;
        var settled = Stopwatch.StartNew();
        do
        {
            await Task.Delay(500);
            connections = await ConnectionsAsync(database);
        }
        while (connections != 1 && settled.Elapsed < TimeSpan.FromSeconds(30));
        var memory = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)waiters;

        var times = new List<double>();
        foreach (var i in Enumerable.Range(0, waiters).Order(Comparer<int>.Create((a, b) => (a * 7919 % waiters).CompareTo(b * 7919 % waiters))).Take(completions))
        {
            if (await voices.CompleteVoiceProcessingAsync(new VoiceFence(rows[i].Voice, 1), "/audio/line.wav") != WriteOutcome.Applied)
                throw new InvalidOperationException("A completion was not applied.");
            var completed = Stopwatch.GetTimestamp();
            await tasks[i].WaitAsync(TimeSpan.FromSeconds(60));
            times.Add(Math.Max(0, Stopwatch.GetElapsedTime(completed, returned[i]).TotalMilliseconds));
        }

        if (tasks.Count(t => t.IsCompleted) != completions)
            throw new InvalidOperationException("A waiter returned whose video is not finished.");
        await stop.CancelAsync();
        await Task.WhenAll(tasks);
        return [Round.Median(times), Round.Percentile(times, 0.99), connections, memory];
    }

    private static async Task WaitAsync(VoiceManager voices, Guid video, long[] returned, int i, CancellationToken stop)
    {
        try
        {
            await voices.WaitForVoicesAsync(video, cancellationToken: stop);
            returned[i] = Stopwatch.GetTimestamp();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static Task<long> ConnectionsAsync(TestDatabase database) =>
        database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'waiting'");
}
