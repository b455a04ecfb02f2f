using System.Globalization;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>What each method costs the server, by the size of the tables.</summary>
internal static class Methods
{
    private const int Times = 40;

    /// <summary>Reads that are linear in what they count, and say so.</summary>
    private static readonly string[] s_linear = ["GetTotals"];

    internal static Benchmark Row(RunOptions options)
    {
        Contender[] contenders =
        [
            new("10,000 requests", MeasureAsync) { Template = Templates.HalfPending(10_000) },
            new("1,000,000 requests", MeasureAsync) { Template = Templates.HalfPending(options.Rows(1_000_000, 20_000)) },
            .. options.TenMillion ? new Contender[] { new("10,000,000 requests", MeasureAsync) { Template = Templates.HalfPending(options.Rows(10_000_000, 40_000)) } } : [],
        ];
        return new(
            "methods",
            "what a call of each method costs the server, one client",
            [.. s_methods.SelectMany(m => new[] { new Metric(m.Name, "pages"), new Metric(Time(m.Name), "µs") })],
            contenders[0].Name,
            contenders,
            [.. from method in s_methods
                where !s_linear.Contains(method.Name)
                from contender in contenders.Skip(1)
                select Goal.Most(Time(method.Name), contender.Name, contenders[0].Name, 1.2)])
        {
            Rounds = 3,
            Across = true,
            Remark = "Half of the requests are finished, half are pending; ten a video. Pages: of tables and indexes, touched by a call. A look-up in an index of a million entries is a page more than in one of ten thousand. µs: processor time of the process that serves the connection. GetTotals counts all rows.",
        };
    }

    private sealed record Method(string Name, Func<Scene, int, Task> CallAsync);

    private static readonly NewVoiceRequest[] s_lines = [.. Enumerable.Range(0, 10).Select(i => new NewVoiceRequest("aluno", $"Linha {i}"))];

    /// <summary>In an order in which each finds what the ones before it have left.</summary>
    private static readonly Method[] s_methods =
    [
        new("GetVoice", (s, i) => Found(s.Voices.GetVoiceAsync(s.Finished[i]))),
        new("GetVoiceAtPosition", (s, i) => Found(s.Voices.GetVoiceAtPositionAsync(s.FinishedVideos[i], 3))),
        new("ListVoices, 10", async (s, i) => Expect((await s.Voices.ListVoicesAsync(s.FinishedVideos[i])).Count, 10)),
        new("ListPendingVoices, 100", async (s, _) => Expect((await s.Voices.ListPendingVoicesAsync(100)).Count, 100)),
        new("ListCompletedAudioPaths, 10", async (s, i) => Expect((await s.Voices.ListCompletedAudioPathsAsync(s.FinishedVideos[i])).Count, 10)),
        new("ListVoiceErrors", (s, i) => s.Voices.ListVoiceErrorsAsync(s.Finished[i])),
        new("GetVideo", (s, i) => Found(s.Videos.GetVideoAsync(s.FinishedVideos[i]))),
        new("ListVideos, 50", async (s, _) => Expect((await s.Videos.ListVideosAsync(limit: 50)).Count, 50)),
        new("ListVideosByStatus, 50", async (s, _) => Expect((await s.Videos.ListVideosByStatusAsync(VideoStatus.Completed, limit: 50)).Count, 50)),
        new("GetVideoProcessingStatus, 10", (s, i) => Found(s.Status.GetVideoProcessingStatusAsync(s.FinishedVideos[i]))),
        new("ListVideoProcessingStatus, 50", async (s, _) => Expect((await s.Status.ListVideoProcessingStatusAsync(limit: 50)).Count, 50)),
        new("CheckVideoVoicesCompletion", (s, i) => s.Status.CheckVideoVoicesCompletionAsync(s.FinishedVideos[i])),
        new("GetQueueStatistics", (s, _) => s.Status.GetQueueStatisticsAsync()),
        new("GetTotals", (s, _) => s.Status.GetTotalsAsync()),
        new("CreateVideo", (s, _) => s.Videos.CreateVideoAsync("Video")),
        new("CreateVideoWithVoices, 10", (s, _) => s.Videos.CreateVideoWithVoicesAsync("Video", s_lines)),
        new("CreateVoiceRequest", (s, i) => s.Voices.CreateVoiceRequestAsync(s.OpenVideos[i], "aluno", "Olá professora!")),
        new("CreateVoiceRequests, 10", async (s, i) => Expect(await s.Voices.CreateVoiceRequestsAsync(s.EmptyVideos[i], s_lines), 10)),
        new("ClaimVoices, 1", async (s, _) => s.Held.Add(await s.ClaimAsync(1))),
        new("ClaimVoices, 16", async (s, _) => s.Held.Add(await s.ClaimAsync(16))),
        new("ListClaimedVoices", async (s, i) => Expect((await s.Voices.ListClaimedVoicesAsync(s.ClaimIds[i])).Count, 1)),
        new("HeartbeatVoices, 16", async (s, i) => Expect((await s.Voices.HeartbeatVoicesAsync(s.Batch(i), TimeSpan.FromMinutes(10))).Count(o => o.Outcome == WriteOutcome.Applied), 16)),
        new("CompleteVoiceProcessing", async (s, i) => Applied(await s.Voices.CompleteVoiceProcessingAsync(s.One(i), "/audio/line.wav"))),
        new("CompleteVoices, 16", (s, i) => s.Voices.CompleteVoicesAsync([.. s.Batch(i).Select(f => new VoiceCompletion(f, "/audio/line.wav"))])),
        new("FailVoiceProcessing", async (s, i) => Expect((int)await s.Voices.FailVoiceProcessingAsync((await s.ClaimAsync(1))[0], "broken"), (int)WriteOutcome.RetryScheduled)),
        new("ReleaseVoices, 16", async (s, _) => await s.Voices.ReleaseVoicesAsync(await s.ClaimAsync(16))),
        new("UpdateVideoStatus", async (s, i) => Applied(await s.Videos.UpdateVideoStatusAsync(s.EmptyVideos[i], VideoStatus.Processing))),
        new("UpdateVideoCompleted", async (s, i) => Applied(await s.Videos.UpdateVideoCompletedAsync(s.EmptyVideos[i], "/video.mp4"))),
        new("SetVideoPriority, 10", (s, i) => s.Videos.SetVideoPriorityAsync(s.OpenVideos[i], 1)),
        new("CancelVideo, 10", async (s, i) => Applied(await s.Videos.CancelVideoAsync(s.OpenVideos[i]))),
        new("RetryFailedVoices, 10", (s, i) => s.Voices.RetryFailedVoicesAsync(s.OpenVideos[i])),
        new("RequeueStuckVoices, none", async (s, _) => Expect(await s.Voices.RequeueStuckVoicesAsync(TimeSpan.FromDays(1)), 0)),
        new("DeleteVideo, 10", (s, i) => s.Videos.DeleteVideoAsync(s.OpenVideos[i])),
        new("DeleteFinishedVideos, 10", async (s, i) => Expect(await s.Videos.DeleteFinishedVideosAsync(TimeSpan.FromDays(400) + TimeSpan.FromMinutes((99 - i) * 20)), 10)),
        new("GetVoiceMapping", (s, _) => Found(s.Mappings.GetVoiceMappingAsync("aluno"))),
        new("DeleteVoiceMapping", async (s, i) => Applied(await s.Mappings.DeleteVoiceMappingAsync(string.Create(CultureInfo.InvariantCulture, $"unused {i}")))),
    ];

    private static string Time(string name) => $"{name}, time";

    private static async Task<double[]> MeasureAsync(TestDatabase database)
    {
        await using var scene = await Scene.OpenAsync(database);
        var figures = new List<double>();
        foreach (var method in s_methods)
        {
            // Prepared by Npgsql after five, planned by the server.
            var next = 0;
            for (; next < 10; next++)
                await method.CallAsync(scene, next);
            var before = await scene.ReadAsync();
            for (; next < 10 + Times; next++)
                await method.CallAsync(scene, next);
            var after = await scene.ReadAsync();
            figures.Add((after.Pages - before.Pages) / Times);
            figures.Add((after.Microseconds - before.Microseconds) / Times);
        }

        return [.. figures];
    }

    private static async Task Found<T>(Task<T?> call)
        where T : class => _ = await call ?? throw new InvalidOperationException("A call found nothing.");

    private static void Applied(WriteOutcome outcome) => Expect((int)outcome, (int)WriteOutcome.Applied);

    private static void Expect(int actual, int expected)
    {
        if (actual != expected)
            throw new InvalidOperationException($"A call gave {actual} instead of {expected}.");
    }
}
