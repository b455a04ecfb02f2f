using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>What notifications cost those who write.</summary>
internal static class Notifying
{
    private const int Writers = 16;
    private const int Listeners = 32;

    internal static Benchmark Row => new(
        "notify",
        $"{Writers} writers that create one voice each",
        [new("creates", "/s")],
        "notifications off",
        [
            new("notifications off", database => WriteAsync(database, notifications: false, 0)),
            new("on, nobody listens", database => WriteAsync(database, notifications: true, 0)),
            new($"on, {Listeners} listeners", database => WriteAsync(database, notifications: true, Listeners)),
        ],
        [Goal.Least("creates", $"on, {Listeners} listeners", "notifications off", 0.85)])
    {
        Remark = "Each listener is a process's worth of the library that watches a video: a registration, a connection and a LISTEN of its own. All run in the writers' process, on the same cores.",
    };

    private static async Task<double[]> WriteAsync(TestDatabase database, bool notifications, int listeners)
    {
        await Templates.RefillAsync(database, 1_000);
        var videos = (await database.ListAsync<Guid>("select id from videos order by id")).ToArray();
        await using var library = database.CreateLibrary(options => options.Notifications = notifications);
        var voices = library.GetRequiredService<VoiceManager>();
        using var stop = new CancellationTokenSource();
        var processes = new List<ServiceProvider>();
        try
        {
            var watches = new List<Task>();
            for (var i = 0; i < listeners; i++)
            {
                processes.Add(database.CreateLibrary());
                watches.Add(WatchAsync(processes[i].GetRequiredService<VoiceManager>(), videos[i], stop.Token));
            }

            while (await database.ScalarAsync<long>("select count(*) from videovoice_listeners where waits_for = 'voices'") < listeners)
                await Task.Delay(10);

            // Not of the videos that are watched: what the listeners do with news of their own would be measured too.
            var tally = await Round.RunAsync(Writers, database.Options.Time, client => voices.CreateVoiceRequestAsync(videos[50 + client], "aluno", "Olá professora!"));
            await database.VerifyAsync("pending", 1_000 + tally.Total);
            await stop.CancelAsync();
            await Task.WhenAll(watches);
            return [tally.PerSecond];
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }

    private static async Task WatchAsync(VoiceManager voices, Guid video, CancellationToken stop)
    {
        try
        {
            await voices.WaitForVoicesAsync(video, cancellationToken: stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }
}
