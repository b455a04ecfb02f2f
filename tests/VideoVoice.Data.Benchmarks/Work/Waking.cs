using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>32 idle workers and one request: who wakes, and what it costs.</summary>
internal static class Waking
{
    private const int Workers = 32;

    internal static Benchmark Row => new(
        "waking",
        $"one request, {Workers} idle workers, each with a listener of its own",
        [new("workers woken", "a request"), new("claims", "a request"), new("statements", "a request")],
        null,
        [new("library", MeasureAsync)],
        [Goal.Most("claims", "library", null, 2)])
    {
        Rounds = 1,
        Remark = "Statements are all that the 32 and the creator sent through managers, the create itself included; those on a listener's own connection (registering, looking) are not spans and not counted.",
    };

    private static async Task<double[]> MeasureAsync(TestDatabase database)
    {
        await Templates.RefillAsync(database, 10, "completed");
        var video = await database.ScalarAsync<Guid>("select id from videos limit 1");
        var (woken, claims, statements, taken) = (0, 0, 0, 0);
        using var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "VideoVoice.Data",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (activity.Kind == ActivityKind.Client)
                    Interlocked.Increment(ref statements);
            },
        };
        using var stop = new CancellationTokenSource();
        var processes = Enumerable.Range(0, Workers).Select(_ => database.CreateLibrary()).ToArray();
        await using var creator = database.CreateLibrary();
        var loops = processes.Select(process => Task.Run(async () =>
        {
            var voices = process.GetRequiredService<VoiceManager>();
            try
            {
                while (true)
                {
                    await voices.WaitForWorkAsync(stop.Token);
                    Interlocked.Increment(ref woken);
                    Interlocked.Increment(ref claims);
                    var requests = await voices.ClaimVoicesAsync("benchmark", 1, TimeSpan.FromMinutes(1), cancellationToken: stop.Token);
                    foreach (var request in requests)
                        await voices.CompleteVoiceProcessingAsync(request.Fence, "/audio/line.wav", cancellationToken: stop.Token);
                    Interlocked.Add(ref taken, requests.Count);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
        })).ToArray();

        try
        {
            var asleep = () => database.ScalarAsync<long>("select count(*) from videovoice_listeners where waits_for = 'work'");
            while (await asleep() < Workers)
                await Task.Delay(10);
            ActivitySource.AddActivityListener(spans);
            (woken, claims) = (0, 0);
            var requests = database.Options.Rows(50, 5);
            for (var i = 1; i <= requests; i++)
            {
                await creator.GetRequiredService<VoiceManager>().CreateVoiceRequestAsync(video, "aluno", "Olá professora!");
                while (Volatile.Read(ref taken) < i || await asleep() < Workers)
                    await Task.Delay(5);
            }

            return [(double)woken / requests, (double)claims / requests, (double)statements / requests];
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(loops);
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }
}
