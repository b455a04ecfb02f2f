using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>What a process costs that only starts, or that has run for long.</summary>
internal static class Standing
{
    internal static IEnumerable<Benchmark> All =>
    [
        new(
            "initialize",
            "initialize on a current schema",
            [new("round trips", ""), new("time", "ms")],
            null,
            [new("library", InitializeAsync)],
            [Goal.Most("round trips", "library", null, 1)])
        {
            Rounds = 3,
            Remark = "Commands that Npgsql sent, as its own tracing counts them, on a connection that was open before.",
        },
        new(
            "memory",
            "memory of a worker after many requests",
            [new("after a tenth", "MB"), new("after all", "MB"), new("after all / after a tenth", ""), new("working set", "MB")],
            null,
            [new("library's worker", MemoryAsync)],
            [Goal.Most("after all / after a tenth", "library's worker", null, 1.1)])
        {
            Rounds = 1,
            Remark = "1,000,000 requests. Managed memory after a full collection; the working set is that of the whole benchmark process.",
        },
    ];

    private static async Task<double[]> InitializeAsync(TestDatabase database)
    {
        await using var library = database.CreateLibrary();
        var initializer = library.GetRequiredService<SchemaInitializer>();
        await initializer.InitializeAsync();

        var commands = 0;
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => Interlocked.Increment(ref commands),
        };
        ActivitySource.AddActivityListener(spans);
        var started = Stopwatch.GetTimestamp();
        await initializer.InitializeAsync();
        var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return commands > 0 ? [commands, time] : throw new InvalidOperationException("Npgsql told of no command.");
    }

    private static async Task<double[]> MemoryAsync(TestDatabase database)
    {
        var all = database.Options.Rows(database.Options.MemoryRequests, 4_000);
        var parts = 10;
        await using var library = database.CreateLibrary();
        var (handled, tenth) = (0, 0.0);
        await database.ExecuteAsync("truncate videos, voices");
        await using var host = await WorkerHost.StartAsync(database, 100, _ => Interlocked.Increment(ref handled), TimeSpan.FromMilliseconds(200));
        for (var part = 1; part <= parts; part++)
        {
            // Part by part, as requests come: the queue is empty in between, and the table does not grow without end.
            await Templates.RefillAsync(database, all / parts);
            while (Volatile.Read(ref handled) < part * (all / parts) || await database.ScalarAsync<bool>("select exists (select from voices where status = 'processing')"))
                await Task.Delay(20);
            if (part == 1)
                tenth = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        }

        if (handled != all)
            throw new InvalidOperationException($"{handled} requests were handled; {all} were expected.");
        var end = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        using var process = Process.GetCurrentProcess();
        return [tenth, end, end / tenth, process.WorkingSet64 / 1e6];
    }
}
