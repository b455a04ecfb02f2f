using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>Draining a long queue: what the dead rows that it leaves cost, with and without somebody who keeps vacuum from removing them.</summary>
internal static class Draining
{
    private const int Clients = 8;
    private const int Batch = 10;

    internal static Benchmark Row => new(
        "drain",
        $"drain 200,000 voices, {Clients} clients that claim and complete {Batch} at a time, default server settings",
        [new("first tenth", "voices/s"), new("last tenth", "voices/s"), new("last / first", ""), new("whole", "voices/s")],
        "no snapshot held",
        [
            new("no snapshot held", database => DrainAsync(database, snapshot: false)),
            new("a snapshot held throughout", database => DrainAsync(database, snapshot: true)),
        ],
        [
            Goal.Least("last / first", "no snapshot held", null, 0.9),
            Goal.Least("whole", "a snapshot held throughout", "no snapshot held", 0.8),
        ])
    {
        Rounds = 2,
        Remark = "The snapshot is that of a repeatable read transaction, begun before the first claim and ended after the last, as a backup holds one.",
    };

    private static async Task<double[]> DrainAsync(TestDatabase database, bool snapshot)
    {
        var rows = database.Options.Rows(200_000, 4_000);
        await Templates.RefillAsync(database, rows);
        await using var holder = NpgsqlDataSource.Create(database.ConnectionString);
        await using var connection = await holder.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        if (snapshot)
        {
            await using var command = new NpgsqlCommand("select count(*) from videos", connection, transaction);
            await command.ExecuteScalarAsync();
        }

        await using var library = database.CreateLibrary();
        var voices = library.GetRequiredService<VoiceManager>();
        var (firstTenth, lastTenth) = (rows / 10, rows - (rows / 10));
        var done = 0;
        var (first, last) = (TimeSpan.Zero, TimeSpan.Zero);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (await voices.ClaimVoicesAsync("benchmark", Batch, TimeSpan.FromMinutes(10)) is { Count: > 0 } requests)
            {
                var outcomes = await voices.CompleteVoicesAsync([.. requests.Select(r => new VoiceCompletion(r.Fence, "/audio/line.wav"))]);
                if (outcomes.Any(o => o.Outcome != WriteOutcome.Applied))
                    throw new InvalidOperationException("A completion was not applied.");

                var now = Interlocked.Add(ref done, requests.Count);
                if (now >= firstTenth && now - requests.Count < firstTenth)
                    first = clock.Elapsed;
                if (now >= lastTenth && now - requests.Count < lastTenth)
                    last = clock.Elapsed;
            }
        })));
        var whole = clock.Elapsed;
        await transaction.RollbackAsync();
        await database.VerifyAsync("completed", rows);
        var (firstRate, lastRate) = (firstTenth / first.TotalSeconds, (rows - lastTenth) / (whole - last).TotalSeconds);
        return [firstRate, lastRate, lastRate / firstRate, rows / whole.TotalSeconds];
    }
}
