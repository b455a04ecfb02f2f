using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Rivals;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>A claim and its completion: one at a time by every contender, and as the worker does it.</summary>
internal static class Cycles
{
    private const int Clients = 16;

    private static readonly Metric s_cycles = new("cycles", "/s");
    private static readonly Metric s_requests = new("requests", "/s");

    internal static IEnumerable<Benchmark> All =>
    [
        new(
            "cycle",
            $"claim and complete, {Clients} in flight",
            [s_cycles],
            "pgbench",
            [
                new("pgbench", async database =>
                {
                    await FillAsync(database);
                    var (rate, cycles) = await Pgbench.CyclesAsync(database, Clients);
                    await database.VerifyAsync("completed", cycles);
                    return [rate];
                }),
                new("raw Npgsql", async database =>
                {
                    await using var dataSource = database.CreateDataSource();
                    var raw = new RawVoices(dataSource);
                    return await OneByOneAsync(database, async () => await raw.CompleteAsync((await raw.ClaimAsync(1)).Single().Fence, "/audio/line.wav"));
                }),
                new("library, one by one", async database =>
                {
                    await using var library = database.CreateLibrary();
                    var voices = library.GetRequiredService<VoiceManager>();
                    return await OneByOneAsync(database, async () =>
                    {
                        var request = (await voices.ClaimVoicesAsync("benchmark", 1, TimeSpan.FromMinutes(1))).Single();
                        return await voices.CompleteVoiceProcessingAsync(request.Fence, "/audio/line.wav") == WriteOutcome.Applied;
                    });
                }),
                new("library's worker", async database =>
                {
                    var voices = await FillAsync(database);
                    return [await WorkerHost.DrainAsync(database, Clients, voices)];
                }),
                new("EF Core", async database =>
                {
                    using var entities = new EntityVoices(database);
                    return await OneByOneAsync(database, async () =>
                    {
                        await entities.CycleAsync();
                        return true;
                    });
                }),
                Peer.Contender("Python services (psycopg2)", "database_utils", "cycle-one", Clients, 300),
                Peer.Contender("pg-boss", "pg-boss", "cycle-one", Clients, 2_000),
                Peer.Contender("graphile-worker", "graphile-worker", "cycle-one", Clients, 5_000),
            ],
            [
                Goal.Least(s_cycles.Name, "library's worker", "pgbench", 3),
                Goal.Least(s_cycles.Name, "library's worker", "pg-boss", 1),
                Goal.Least(s_cycles.Name, "library's worker", "EF Core", 1),
                Goal.Least(s_cycles.Name, "library's worker", "Python services (psycopg2)", 1),
            ])
        {
            Rounds = 3,
            Remark = "pgbench, raw and one by one send one claim and one completion a request. The worker claims and completes in batches of what is in flight. EF Core reads the first pending entity and saves it with a concurrency token; whoever took the same one tries again.",
        },
        new(
            "worker",
            "requests through the worker with an empty handler, in batches",
            [s_requests, Metric.ServerTime, Metric.Wal],
            "graphile-worker",
            [
                Peer.Contender("graphile-worker", "graphile-worker", "cycle-batched", 24, 100_000, withCost: true),
                Peer.Contender("pg-boss", "pg-boss", "cycle-batched", 4, 10_000, withCost: true),
                Worker(100),
                Worker(500),
                Worker(1_000),
            ],
            [
                Goal.Least(s_requests.Name, "library's worker, 500 in flight", "graphile-worker", 0.85),
                Goal.Least(s_requests.Name, "library's worker, 1,000 in flight", "graphile-worker", 0.95),
            ])
        {
            Rounds = 3,
            Remark = "graphile-worker deletes what is done; the library keeps it. server: processor time of the processes that serve the connections.",
        },
        new(
            "enqueue",
            "create one voice a statement, 16 clients; and 1,000 at once, one client",
            [new("rows", "/s")],
            null,
            [
                new("library, one", database => EnqueueAsync(database, Clients, 1)),
                Peer.Contender("graphile-worker, one", "graphile-worker", "enqueue-one", Clients, 5_000),
                Peer.Contender("pg-boss, one", "pg-boss", "enqueue-one", Clients, 5_000),
                new("library, 1,000", database => EnqueueAsync(database, 1, 1_000)),
                Peer.Contender("graphile-worker, 1,000", "graphile-worker", "enqueue-1000", 1, 50_000),
                Peer.Contender("pg-boss, 1,000", "pg-boss", "enqueue-1000", 1, 50_000),
            ],
            [Goal.Least("rows", "library, one", "graphile-worker, one", 1), Goal.Least("rows", "library, 1,000", "graphile-worker, 1,000", 1)])
        {
            Rounds = 3,
        },
    ];

    private static Contender Worker(int concurrency) => new($"library's worker, {concurrency:#,0} in flight", async database =>
    {
        var voices = database.Options.Rows(100_000, 2_000);
        await Templates.RefillAsync(database, voices);
        var (rate, cost) = await WorkerHost.DrainAtCostAsync(database, concurrency, voices);
        return [rate, .. cost.Of(voices)];
    });

    private static async Task<int> FillAsync(TestDatabase database)
    {
        // As many in a short run, because pgbench counts whole seconds.
        const int Voices = 15_000;
        await Templates.RefillAsync(database, Voices);
        return Voices;
    }

    private static async Task<double[]> OneByOneAsync(TestDatabase database, Func<Task<bool>> cycle)
    {
        await FillAsync(database);
        var tally = await Round.RunAsync(Clients, database.Options.Time, async _ =>
        {
            if (!await cycle())
                throw new InvalidOperationException("A completion was not applied.");
        });
        await database.VerifyAsync("completed", tally.Total);
        return [tally.PerSecond];
    }

    private static async Task<double[]> EnqueueAsync(TestDatabase database, int clients, int lines)
    {
        await Templates.RefillAsync(database, 1_000, "completed");
        await using var library = database.CreateLibrary();
        var voices = library.GetRequiredService<VoiceManager>();
        var videos = library.GetRequiredService<VideoManager>();
        var video = await videos.CreateVideoAsync("Video");
        NewVoiceRequest[] conversation = [.. Enumerable.Range(0, lines).Select(i => new NewVoiceRequest("aluno", $"Linha {i}"))];
        var tally = await Round.RunAsync(clients, database.Options.Time, async _ =>
        {
            if (lines == 1)
                await voices.CreateVoiceRequestAsync(video, "aluno", "Olá professora!");
            else
                await videos.CreateVideoWithVoicesAsync("Video", conversation);
        });
        await database.VerifyAsync("pending", tally.Total * lines);
        return [tally.PerSecond * lines];
    }
}
