using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Hosting;
using VideoVoice.Data.Tests.Input;

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

    [Test, CancelAfter(120_000)]
    public async Task With_the_option_every_method_goes_through()
    {
        await new SchemaInitializer(DataSource).InitializeAsync(Token);
        await using var bouncer = await PgBouncer.StartAsync(ConnectionString, Token);
        await using var provider = Build(bouncer, behindPgBouncer: true);
        var dataSource = provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name);

        // Twice: a statement that was prepared on one server connection would be missing on another.
        foreach (var method in ManagerMethods.All.Concat(ManagerMethods.All))
        {
            var world = await World.CreateAsync(DataSource);
            await Assert.DoesNotThrowAsync(() => ManagerMethods.CallAsync(method, dataSource, world, null, Token), method);
        }
    }

    [Test, CancelAfter(120_000)]
    public async Task With_the_option_workers_do_1000_requests_without_a_warning()
    {
        await new SchemaInitializer(DataSource).InitializeAsync(Token);
        await CountCompletionsAsync();
        await using var bouncer = await PgBouncer.StartAsync(ConnectionString, Token);
        for (var i = 0; i < 2; i++)
            await StartWorkerAsync(
                (request, _) => Task.FromResult(new SynthesizedVoice($"/{request.Id}.wav")),
                o => o.Concurrency = 16,
                services => services.Configure<VideoVoiceOptions>(o => (o.ConnectionString, o.BehindPgBouncer, o.PollInterval) = (bouncer.ConnectionString, true, TimeSpan.FromSeconds(1))));
        var videos = new List<Guid>();
        for (var i = 0; i < 20; i++)
            videos.Add(await CreateVideoAsync([.. Enumerable.Range(0, 50).Select(line => $"{line}")]));

        foreach (var video in videos)
            Assert.That((await Voices.WaitForVoicesAsync(video, cancellationToken: Token))!.AllCompleted, Is.True);

        Assert.That(await ScalarAsync<long>("select count(*) from completions"), Is.EqualTo(1000));
        Assert.That(Log.Entries.Where(e => e.Level >= LogLevel.Warning).Select(e => e.Message), Is.Empty);
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
