using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>A test that runs workers in real hosts. They are stopped at its end, without time to finish.</summary>
public abstract class WorkerTest : DatabaseTest
{
    private readonly List<IHost> _hosts = [];

    /// <summary>What all hosts of the test log, Npgsql's statements included.</summary>
    private protected LogCapture Log { get; } = new();

    [TearDown]
    public async Task StopHostsAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TearDownLimit);
            host.Dispose();
        }
    }

    private protected async Task<IHost> StartWorkerAsync<TSynthesizer>(
        TSynthesizer synthesizer,
        Action<VoiceWorkerOptions>? configure = null,
        string? connectionString = null,
        Action<IServiceCollection>? services = null)
        where TSynthesizer : class, IVoiceSynthesizer
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILoggerFactory>(Log);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = connectionString ?? ConnectionString);
        builder.Services.AddSingleton(synthesizer);
        builder.Services.AddVoiceWorker<TSynthesizer>(configure);
        services?.Invoke(builder.Services);
        var host = builder.Build();
        _hosts.Add(host);
        await host.StartAsync(Token);
        return host;
    }

    private protected Task<IHost> StartWorkerAsync(
        Func<VoiceRequest, CancellationToken, Task<SynthesizedVoice>> synthesize, Action<VoiceWorkerOptions>? configure = null, string? connectionString = null) =>
        StartWorkerAsync(new DelegatedSynthesizer(synthesize), configure, connectionString);

    private protected Task<IHost> StartWorkerAsync(
        Func<VoiceRequest, CancellationToken, Task<SynthesizedVoice>> synthesize, Action<VoiceWorkerOptions> configure, Action<IServiceCollection> services) =>
        StartWorkerAsync(new DelegatedSynthesizer(synthesize), configure, null, services);

    /// <summary>How many messages of this event there are.</summary>
    private protected int Logged(int id) => Log.Entries.Count(e => e.Event.Id == id && e.Category.Contains("VoiceWorker", StringComparison.Ordinal));

    private protected int Heartbeats() => Log.Entries.Count(e => e.Category == "Npgsql.Command" && e.Message.Contains("completed", StringComparison.Ordinal)
        && e.Message.Contains("-- Renews the leases", StringComparison.Ordinal));

    private protected static async Task UntilAsync(Func<bool> condition, string what) =>
        Assert.That(await Eventually.HoldsAsync(condition, TimeSpan.FromSeconds(20)), Is.True, what);

    private protected async Task<Voice> OnlyVoiceAsync(Guid video) => (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Single();

    /// <summary>Waits until the video's only voice is in the state.</summary>
    private protected async Task<Voice> OnlyVoiceAsync(Guid video, VoiceStatus status)
    {
        var started = Stopwatch.GetTimestamp();
        Voice voice;
        while ((voice = await OnlyVoiceAsync(video)).Status != status && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            await Task.Delay(20, Token);
        Assert.That(voice.Status, Is.EqualTo(status), voice.ErrorMessage);
        return voice;
    }

    private sealed class DelegatedSynthesizer(Func<VoiceRequest, CancellationToken, Task<SynthesizedVoice>> synthesize) : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token) => synthesize(request, token);
    }
}
