using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Tests.Registration;

public sealed class PgBouncerTests : WorkerTest
{
    protected override bool Initialized => false;

    [Test]
    public async Task With_the_option_the_initializer_and_200_operations_12_at_a_time_go_through_without_an_error()
    {
        await using var bouncer = await PgBouncer.StartAsync(ConnectionString, Token);
        await using var provider = Build(bouncer, behindPgBouncer: true);

        var result = await provider.GetRequiredService<SchemaInitializer>().InitializeAsync(Token);
        var errors = await WorkAsync(provider);

        var totals = await Status.GetTotalsAsync(cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(errors, Is.Empty);
            Assert.That((totals.Videos, totals.CompletedVoices), Is.EqualTo((200, 200)));
        }
    }

    [Test]
    public async Task Without_the_option_the_start_up_parameters_are_refused()
    {
        await new SchemaInitializer(DataSource).InitializeAsync(Token);
        await using var bouncer = await PgBouncer.StartAsync(ConnectionString, Token);
        await using var provider = Build(bouncer, behindPgBouncer: false);

        var errors = await WorkAsync(provider);

        Assert.That(errors.Select(e => (e.InnerException as PostgresException)?.SqlState), Has.Some.EqualTo(PostgresErrorCodes.ProtocolViolation));
        Assert.That(errors.Select(e => (e as DatabaseConnectionException)?.Problem), Is.All.EqualTo(ConnectionProblem.PoolerFound));
        Assert.That(errors.Select(e => e.Message), Has.All.Contains("Set BehindPgBouncer"));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_pooler_that_lets_the_parameters_through_is_told_and_no_worker_stops()
    {
        await new SchemaInitializer(DataSource).InitializeAsync(Token);
        await using var bouncer = await PgBouncer.StartAsync(ConnectionString, Token, "ignore_startup_parameters = options");
        var host = await StartWorkerAsync((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.Id}.wav")), o => o.Concurrency = 4, bouncer.ConnectionString);
        var videos = new List<Guid>();
        for (var i = 0; i < 10; i++)
            videos.Add(await CreateVideoAsync([.. Enumerable.Range(0, 100).Select(line => $"{line}")]));

        foreach (var video in videos)
            Assert.That((await Voices.WaitForVoicesAsync(video, cancellationToken: Token))!.AllCompleted, Is.True);

        await UntilAsync(() => Said(16).Any(), "Nothing says that notifications do not arrive.");
        await host.StopAsync(Token);
        Assert.That(Said(17).Single().Message, Does.Contain("Set BehindPgBouncer"), "The pooler is told once.");

        IEnumerable<LogCapture.Entry> Said(int id) => Log.Entries.Where(e => e.Event.Id == id && e.Category.StartsWith("VideoVoice", StringComparison.Ordinal));
    }

    private static async Task<ConcurrentBag<Exception>> WorkAsync(ServiceProvider provider)
    {
        var videos = provider.GetRequiredService<VideoManager>();
        var voices = provider.GetRequiredService<VoiceManager>();
        var errors = new ConcurrentBag<Exception>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 200),
            new ParallelOptions { MaxDegreeOfParallelism = 12, CancellationToken = Token },
            async (i, cancellationToken) =>
            {
                try
                {
                    var video = await videos.CreateVideoAsync($"Video {i}", cancellationToken: cancellationToken);
                    await voices.CreateVoiceRequestsAsync(video, [new NewVoiceRequest("Ana", $"Linha {i}")], cancellationToken: cancellationToken);
                    var voice = (await voices.ListVoicesAsync(video, cancellationToken: cancellationToken)).Single();
                    await voices.StartVoiceProcessingAsync(voice.Id, cancellationToken: cancellationToken);
                    await voices.CompleteVoiceProcessingAsync(voice.Id, $"/{i}.wav", cancellationToken: cancellationToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    errors.Add(e);
                }
            });
        return errors;
    }

    private static ServiceProvider Build(PgBouncer bouncer, bool behindPgBouncer) => RegistrationTests.Build(services =>
        services.AddVideoVoiceData(o => (o.ConnectionString, o.BehindPgBouncer) = (bouncer.ConnectionString, behindPgBouncer)));
}
