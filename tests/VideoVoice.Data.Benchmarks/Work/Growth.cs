using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>What a table full of finished rows costs: the claim, and the status of videos.</summary>
internal static class Growth
{
    private static readonly Metric s_one = new("one video", "ms");
    private static readonly Metric s_newest = new("the 50 newest", "ms");

    internal static IEnumerable<Benchmark> All =>
    [
        new(
            "finished-rows",
            "claim one voice with finished rows in the table, 4 clients",
            [new("claims", "/s")],
            "empty table",
            [
                new("empty table", ClaimAsync),
                new("1,000,000 finished", ClaimAsync) { Template = Templates.Million },
            ],
            [Goal.Least("claims", "1,000,000 finished", "empty table", 0.95)]),
        new(
            "status",
            "status of one video, and of the 50 newest",
            [s_one, s_newest, new("50 newest / one", "")],
            "10,000 voices",
            [
                new("10,000 voices", StatusAsync) { Template = Templates.TenThousand },
                new("1,000,000 voices", StatusAsync) { Template = Templates.Million },
            ],
            [Goal.Most(s_one.Name, "1,000,000 voices", "10,000 voices", 1.2), Goal.Most("50 newest / one", "1,000,000 voices", null, 5)])
        {
            Remark = "Ten voices a video: 1,000 videos and 100,000. Medians of single calls.",
        },
    ];

    private static async Task<double[]> ClaimAsync(TestDatabase database)
    {
        // The rows of the round before go, and with vacuum their dead entries: only the finished rows of the template tell the two apart.
        await database.ExecuteAsync("delete from voices where video_id in (select id from videos where title = 'round')");
        await database.ExecuteAsync("delete from videos where title = 'round'");
        var rows = database.Options.Rows(20_000, 2_000);
        await using var library = database.CreateLibrary();
        var voices = library.GetRequiredService<VoiceManager>();
        var video = await library.GetRequiredService<VideoManager>().CreateVideoAsync("round");
        NewVoiceRequest[] lines = [.. Enumerable.Range(0, rows).Select(i => new NewVoiceRequest("aluno", $"Linha {i}"))];
        await voices.CreateVoiceRequestsAsync(video, lines);
        await database.ExecuteAsync("vacuum analyze voices");
        var tally = await Round.RunAsync(4, database.Options.Time, async _ =>
        {
            if ((await voices.ClaimVoicesAsync("benchmark", 1, TimeSpan.FromMinutes(1))).Count != 1)
                throw new InvalidOperationException("The queue is empty: the round has too few rows.");
        });
        await database.VerifyAsync("processing", tally.Total);
        return [tally.PerSecond];
    }

    private static async Task<double[]> StatusAsync(TestDatabase database)
    {
        await using var library = database.CreateLibrary();
        var status = library.GetRequiredService<StatusManager>();
        var ids = (await database.ListAsync<Guid>("select id from videos order by random() limit 1000")).ToArray();
        var one = await MedianAsync(database.Options, async i =>
        {
            if ((await status.GetVideoProcessingStatusAsync(ids[i % ids.Length]))?.CompletedVoices != Templates.VoicesPerVideo)
                throw new InvalidOperationException("A video's status is wrong.");
        });
        var newest = await MedianAsync(database.Options, async _ =>
        {
            if ((await status.ListVideoProcessingStatusAsync(limit: 50)).Sum(s => s.CompletedVoices) != 50 * Templates.VoicesPerVideo)
                throw new InvalidOperationException("The status of the newest videos is wrong.");
        });
        return [one, newest, newest / one];
    }

    private static async Task<double> MedianAsync(RunOptions options, Func<int, Task> call)
    {
        for (var i = 0; i < 20; i++)
            await call(i);
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        for (var i = 0; clock.Elapsed < options.Time / 2; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await call(i);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Round.Median(times);
    }
}
