using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Rivals;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>One call of a manager against the same SQL through Npgsql alone, with the same settings.</summary>
internal static class ManagerCalls
{
    private const int Clients = 4;

    internal static IEnumerable<Benchmark> All =>
    [
        Make("get", "get a voice by id", GetAsync),
        Make("create", "create one voice", CreateAsync),
        Make("claim", "claim one voice", ClaimAsync),
        Make("complete", "complete one voice", CompleteAsync),
    ];

    /// <summary>The four calls of a contender.</summary>
    private sealed record Calls(Func<Guid, Task> Get, Func<Guid, Task> Create, Func<Task<int>> Claim, Func<VoiceFence, Task> Complete);

    private static Benchmark Make(string name, string title, Func<TestDatabase, Calls, Task<double[]>> work) => new(
        name,
        $"{title}, {Clients} clients",
        [Metric.PerSecond, Metric.Bytes, Metric.ClientTime],
        "raw Npgsql",
        [
            new("raw Npgsql", async database =>
            {
                await using var dataSource = database.CreateDataSource();
                var raw = new RawVoices(dataSource);
                return await work(database, new(
                    async id => Check(await raw.GetAsync(id) is not null),
                    video => raw.CreateAsync(video, "aluno", "Olá professora!"),
                    async () => (await raw.ClaimAsync(1)).Count,
                    async fence => Check(await raw.CompleteAsync(fence, "/audio/line.wav"))));
            }),
            new("library", database => LibraryAsync(database, work, notifications: true)),
            // Gets and claims tell nobody.
            .. name is "create" or "complete" ? new Contender[] { new("library, notifications off", database => LibraryAsync(database, work, notifications: false)) } : [],
        ],
        [Goal.Least(Metric.PerSecond.Name, "library", "raw Npgsql", 0.95), Goal.Most(Metric.Bytes.Name, "library", "raw Npgsql", 1.5)]);

    private static async Task<double[]> LibraryAsync(TestDatabase database, Func<TestDatabase, Calls, Task<double[]>> work, bool notifications)
    {
        await using var library = database.CreateLibrary(options => options.Notifications = notifications);
        var voices = library.GetRequiredService<VoiceManager>();
        return await work(database, new(
            async id => Check(await voices.GetVoiceAsync(id) is not null),
            video => voices.CreateVoiceRequestAsync(video, "aluno", "Olá professora!"),
            async () => (await voices.ClaimVoicesAsync("benchmark", 1, TimeSpan.FromMinutes(1))).Count,
            async fence => Check(await voices.CompleteVoiceProcessingAsync(fence, "/audio/line.wav") == WriteOutcome.Applied)));
    }

    private static async Task<double[]> GetAsync(TestDatabase database, Calls calls)
    {
        await Templates.RefillAsync(database, 1_000, "completed");
        var ids = (await database.ListAsync<Guid>("select id from voices")).ToArray();
        return (await Round.RunAsync(Clients, database.Options.Time, _ => calls.Get(ids[Random.Shared.Next(ids.Length)]))).Figures;
    }

    private static async Task<double[]> CreateAsync(TestDatabase database, Calls calls)
    {
        await Templates.RefillAsync(database, 1_000, "completed");
        var videos = (await database.ListAsync<Guid>("select id from videos")).ToArray();
        var tally = await Round.RunAsync(Clients, database.Options.Time, _ => calls.Create(videos[Random.Shared.Next(videos.Length)]));
        await database.VerifyAsync("pending", tally.Total);
        return tally.Figures;
    }

    private static async Task<double[]> ClaimAsync(TestDatabase database, Calls calls)
    {
        await Templates.RefillAsync(database, database.Options.Rows(60_000, 3_000));
        var tally = await Round.RunAsync(Clients, database.Options.Time, async _ => Check(await calls.Claim() == 1));
        await database.VerifyAsync("processing", tally.Total);
        return tally.Figures;
    }

    private static async Task<double[]> CompleteAsync(TestDatabase database, Calls calls)
    {
        await Templates.RefillAsync(database, database.Options.Rows(60_000, 3_000), "processing");
        var ids = (await database.ListAsync<Guid>("select id from voices order by id")).ToArray();
        var next = -1;
        var tally = await Round.RunAsync(Clients, database.Options.Time, _ => calls.Complete(new VoiceFence(ids[Interlocked.Increment(ref next)], 1)));
        await database.VerifyAsync("completed", tally.Total);
        return tally.Figures;
    }

    private static void Check(bool done)
    {
        if (!done)
            throw new InvalidOperationException("A call found nothing to do: the round has too few rows.");
    }
}
