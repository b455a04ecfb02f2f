using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>From a request's creation to its handler, in an idle worker.</summary>
internal static class Latency
{
    internal static Benchmark Row => new(
        "latency",
        "one voice is created, and an idle worker's handler runs",
        [new("from the call, p50", "ms"), new("from the commit, p50", "ms"), new("from the commit, p99", "ms")],
        null,
        [new("library's worker", MeasureAsync)],
        [Goal.Most("from the commit, p50", "library's worker", null, 3), Goal.Most("from the commit, p99", "library's worker", null, 10)])
    {
        Rounds = 2,
        Remark = "The commit is taken as the moment in which the create has returned; the handler often runs before that, which counts as 0.",
    };

    private static async Task<double[]> MeasureAsync(TestDatabase database)
    {
        await Templates.RefillAsync(database, 100, "completed");
        var handled = new ConcurrentDictionary<Guid, TaskCompletionSource<long>>();
        await using var host = await WorkerHost.StartAsync(
            database,
            4,
            request => handled.GetOrAdd(request.Id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(Stopwatch.GetTimestamp()));
        await using var library = database.CreateLibrary();
        var voices = library.GetRequiredService<VoiceManager>();
        var video = await database.ScalarAsync<Guid>("select id from videos limit 1");

        var (fromCall, fromCommit) = (new List<double>(), new List<double>());
        var times = database.Options.Rows(300, 20);
        for (var i = 0; i < times + 10; i++)
        {
            // Idle is a worker that has registered as asleep.
            while (!await database.ScalarAsync<bool>("select exists (select from videovoice_listeners where waits_for = 'work')"))
                await Task.Delay(1);
            await Task.Delay(Random.Shared.Next(5, 25));

            var id = Guid.CreateVersion7();
            var called = Stopwatch.GetTimestamp();
            await voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("aluno", "Olá professora!") { Id = id });
            var committed = Stopwatch.GetTimestamp();
            var ran = await handled.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromSeconds(30));
            if (i < 10)
                continue;

            fromCall.Add(Stopwatch.GetElapsedTime(called, ran).TotalMilliseconds);
            fromCommit.Add(Math.Max(0, Stopwatch.GetElapsedTime(committed, ran).TotalMilliseconds));
        }

        return [Round.Median(fromCall), Round.Median(fromCommit), Round.Percentile(fromCommit, 0.99)];
    }
}
