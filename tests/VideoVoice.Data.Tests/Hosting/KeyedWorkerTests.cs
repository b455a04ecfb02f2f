using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Workers and health checks of several databases in one host.</summary>
[CancelAfter(60_000)]
public sealed class KeyedWorkerTests : WorkerTest
{
    [Test]
    public async Task Each_key_has_its_own_worker_and_one_synthesizer_may_serve_all()
    {
        var builder = NewHost("one", "two");
        builder.Services.AddVoiceWorker<ByWorker>("one", o => o.WorkerId = "worker one").AddVoiceWorker<ByWorker>("two", o => o.WorkerId = "worker two");
        using var host = builder.Build();
        await host.StartAsync(Token);

        foreach (var key in new[] { "one", "two" })
        {
            var videos = host.Services.GetRequiredKeyedService<VideoManager>(key);
            var voices = host.Services.GetRequiredKeyedService<VoiceManager>(key);
            var video = await videos.CreateVideoWithVoicesAsync(new NewVideo(key), [new("Aluno", $"text of {key}")], cancellationToken: Token);
            var result = await voices.WaitForVoicesAsync(video.Id, cancellationToken: Token);

            Assert.That(result!.Audio.Select(a => a.OutputAudioPath), Is.EqualTo(new[] { $"/text of {key}.wav" }));
            Assert.That(await ScalarAsync<string>($"select worker_id from {key}.voices"), Is.EqualTo($"worker {key}"));
        }

        await host.StopAsync(Token);
    }

    [Test]
    public async Task A_synthesizer_may_have_the_key()
    {
        var builder = NewHost("one", "two");
        builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateOnBuild = true }));
        builder.Services.AddKeyedSingleton("one", new InFolder("/usual")).AddKeyedSingleton("two", new InFolder("/special"));
        builder.Services.AddVoiceWorker<InFolder>("one").AddVoiceWorker<InFolder>("two");
        using var host = builder.Build();
        await host.StartAsync(Token);

        var paths = new List<string?>();
        foreach (var key in new[] { "one", "two" })
        {
            var video = await host.Services.GetRequiredKeyedService<VideoManager>(key).CreateVideoWithVoicesAsync(new NewVideo(key), [new("Aluno", "text")], cancellationToken: Token);
            var result = await host.Services.GetRequiredKeyedService<VoiceManager>(key).WaitForVoicesAsync(video.Id, cancellationToken: Token);
            paths.AddRange(result!.Audio.Select(a => a.OutputAudioPath));
        }

        await host.StopAsync(Token);
        Assert.That(paths, Is.EqualTo(new[] { "/usual/text.wav", "/special/text.wav" }));
    }

    [Test]
    public async Task A_health_check_looks_at_the_database_and_the_workers_of_its_key()
    {
        var builder = NewHost("one", "two");
        builder.Services.AddVoiceWorker<Failing>("one", o => (o.FailuresBeforePause, o.FailurePause) = (1, TimeSpan.FromMinutes(1)));
        builder.Services.AddVideoVoiceData("none", o => o.ConnectionString = "Host=127.0.0.1;Port=1;Database=none");
        builder.Services.AddHealthChecks().AddVideoVoice("check one", key: "one").AddVideoVoice("check two", key: "two").AddVideoVoice("check none", key: "none");
        using var host = builder.Build();
        await host.StartAsync(Token);
        await host.Services.GetRequiredKeyedService<VideoManager>("one").CreateVideoWithVoicesAsync(new NewVideo("one"), [new("Aluno", "text")], cancellationToken: Token);
        var checks = host.Services.GetRequiredService<HealthCheckService>();

        HealthReport report;
        do
            report = await checks.CheckHealthAsync(Token);
        while (report.Entries["check one"].Status == HealthStatus.Healthy);
        await host.StopAsync(Token);

        Assert.That(report.Entries.Select(e => (e.Key, e.Value.Status)), Is.EquivalentTo(new[] { ("check one", HealthStatus.Degraded), ("check two", HealthStatus.Healthy), ("check none", HealthStatus.Unhealthy) }));
    }

    [Test]
    public async Task The_gauges_tell_the_keys_apart()
    {
        var builder = NewHost("one", "two");
        using var host = builder.Build();
        await host.StartAsync(Token);
        await host.Services.GetRequiredKeyedService<VideoManager>("two").CreateVideoWithVoicesAsync(new NewVideo("two"), [new("Aluno", "a"), new("Aluno", "b")], cancellationToken: Token);
        var depths = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "videovoice.queue.depth")
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "videovoice.key", Value: string key })
                    depths[key] = value;
            }
        });
        listener.Start();

        foreach (var key in new[] { "one", "two" })
            await host.Services.GetRequiredKeyedService<StatusManager>(key).GetQueueStatisticsAsync(cancellationToken: Token);

        await host.StopAsync(Token);
        Assert.That((depths["one"], depths["two"]), Is.EqualTo((0, 2)));
    }

    [Test]
    public void A_worker_of_a_key_without_a_database_is_refused_with_words()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString);
        builder.Services.AddVoiceWorker<ByWorker>("tenant");
        using var host = builder.Build();

        Assert.That(() => host.StartAsync(Token), Throws.InvalidOperationException.With.Message.EqualTo("AddVoiceWorker<ByWorker> needs the library itself: call AddVideoVoiceData(\"tenant\", ...) on the same services."));
    }

    [TestCase(null)]
    [TestCase(" ")]
    public void A_key_that_is_none_is_refused(string? key) =>
        Assert.That(() => new ServiceCollection().AddVoiceWorker<ByWorker>(key!), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("key"));

    [Test]
    public void A_worker_that_is_registered_twice_with_a_key_runs_once()
    {
        var services = new ServiceCollection();
        services.AddVoiceWorker<ByWorker>("one").AddVoiceWorker<ByWorker>("one").AddVoiceWorker<Failing>("one").AddVoiceWorker<ByWorker>("two");

        // The workers, and a gauge for each key.
        Assert.That(services.Count(s => s.ServiceType == typeof(IHostedService)), Is.EqualTo(3 + 2));
    }

    /// <summary>A host with a schema for each key, which it creates at its start.</summary>
    private HostApplicationBuilder NewHost(params string[] keys)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(Log);
        foreach (var key in keys)
            builder.Services.AddVideoVoiceData(key, o => (o.ConnectionString, o.Schema) = (ConnectionString, key)).AddVideoVoiceSchemaInitialization(key);
        return builder;
    }

    private sealed class ByWorker : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken) =>
            Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav"));
    }

    private sealed class InFolder(string folder) : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken) =>
            Task.FromResult(new SynthesizedVoice($"{folder}/{request.TextContent}.wav"));
    }

    private sealed class Failing : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken) => throw new InvalidOperationException("No model.");
    }
}
