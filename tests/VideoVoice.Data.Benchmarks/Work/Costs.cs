using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>What a claim and a completion cost the server, by the size of their batches.</summary>
internal static class Costs
{
    internal static Benchmark Row => new(
        "cost",
        "what a claimed and completed request costs the server, one client",
        [new("claim", "µs/request"), new("claim, WAL", "bytes/request"), new("complete", "µs/request"), new("complete, WAL", "bytes/request")],
        "one at a time",
        [Batch("one at a time", 1, 6_000), Batch("10 at a time", 10, 40_000), Batch("100 at a time", 100, 60_000), Batch("250 at a time", 250, 60_000), Batch("500 at a time", 500, 60_000)],
        [])
    {
        Remark = "Processor time of the processes that serve the connections, and bytes of the write-ahead log.",
    };

    private static Contender Batch(string name, int size, int requests) => new(name, async database =>
    {
        var rows = database.Options.Rows(requests, 1_000) / size * size;
        await Templates.RefillAsync(database, rows);
        await using var library = database.CreateLibrary(options => options.Notifications = false);
        var voices = library.GetRequiredService<VoiceManager>();

        var claimed = new List<VoiceRequest>(rows);
        var start = await ServerCost.ReadAsync(database);
        while (claimed.Count < rows)
            claimed.AddRange(await voices.ClaimVoicesAsync("benchmark", size, TimeSpan.FromMinutes(10)));
        var middle = await ServerCost.ReadAsync(database);
        foreach (var batch in claimed.Chunk(size))
            await voices.CompleteVoicesAsync([.. batch.Select(request => new VoiceCompletion(request.Fence, "/audio/line.wav"))]);
        var end = await ServerCost.ReadAsync(database);
        await database.VerifyAsync("completed", rows);
        return [.. (middle - start).Of(rows), .. (end - middle).Of(rows)];
    });
}
