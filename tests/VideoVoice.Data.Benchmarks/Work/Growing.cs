using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>A service that starts on empty tables, before any vacuum: its connections keep the plans that they made then.</summary>
internal static class Growing
{
    private const int Steps = 10;
    private const int Batch = 16;

    internal static Benchmark Row => new(
        "growing",
        "claim and complete 16 at a time while the tables grow from nothing to 200,000 requests, autovacuum off",
        [new("first step", "requests/s"), new("last step", "requests/s"), new("last / first", "")],
        null,
        [
            new("library", database => GrowAsync(database, options => { })),
            new("library, with the server's own settings", database => GrowAsync(
                database, options => options.ConnectionString += ";Options=-c enable_seqscan=on -c enable_bitmapscan=on")),
        ],
        [Goal.Least("last / first", "library", null, 0.7)])
    {
        Rounds = 3,
        Remark = "In each of ten steps 20,000 requests are created, and then some are claimed and completed, which is timed. The second contender has the plans that a session makes by itself.",
    };

    private static async Task<double[]> GrowAsync(TestDatabase database, Action<VideoVoiceOptions> configure)
    {
        await database.ExecuteAsync("truncate videos, voices");
        await database.ExecuteAsync("alter table voices set (autovacuum_enabled = false); alter table videos set (autovacuum_enabled = false)");
        await using var library = database.CreateLibrary(configure);
        var videos = library.GetRequiredService<VideoManager>();
        var voices = library.GetRequiredService<VoiceManager>();
        NewVoiceRequest[] lines = [.. Enumerable.Range(0, 1_000).Select(i => new NewVoiceRequest("aluno", $"Linha {i}"))];
        // The plans are made here, while there is next to nothing.
        await videos.CreateVideoWithVoicesAsync("Video", lines[..(10 * Batch)]);
        for (var i = 0; i < 10; i++)
            await CycleAsync(voices);

        var rates = new List<double>();
        for (var step = 0; step < Steps; step++)
        {
            for (var i = 0; i < database.Options.Rows(20, 2); i++)
                await videos.CreateVideoWithVoicesAsync("Video", lines);
            var clock = Stopwatch.StartNew();
            var done = 0;
            // Also after a time, because a wrong plan is a thousand times slower.
            for (; done < 2_000 && clock.Elapsed < TimeSpan.FromSeconds(5); done += Batch)
                await CycleAsync(voices);
            rates.Add(done / clock.Elapsed.TotalSeconds);
        }

        return [rates[0], rates[^1], rates[^1] / rates[0]];
    }

    private static async Task CycleAsync(VoiceManager voices)
    {
        var claimed = await voices.ClaimVoicesAsync("benchmark", Batch, TimeSpan.FromMinutes(10));
        var outcomes = await voices.CompleteVoicesAsync([.. claimed.Select(request => new VoiceCompletion(request.Fence, "/audio/line.wav"))]);
        if (outcomes.Count(o => o.Outcome == WriteOutcome.Applied) != Batch)
            throw new InvalidOperationException("A completion was not applied.");
    }
}
