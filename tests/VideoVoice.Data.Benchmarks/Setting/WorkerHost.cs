using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>A worker in a real host, with a synthesizer that does nothing.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly IHost _host;

    private WorkerHost(IHost host) => _host = host;

    internal static async Task<WorkerHost> StartAsync(TestDatabase database, int concurrency, Action<VoiceRequest>? handle = null, TimeSpan? pollInterval = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddVideoVoiceData(options =>
        {
            options.ConnectionString = database.ConnectionString;
            options.PollInterval = pollInterval ?? options.PollInterval;
        });
        builder.Services.AddSingleton(new Handler(handle));
        builder.Services.AddVoiceWorker<Handler>(options => options.Concurrency = concurrency);
        var host = builder.Build();
        await host.StartAsync();
        return new WorkerHost(host);
    }

    /// <summary>Runs the worker until no voice is open, and returns requests a second from the host's start.</summary>
    internal static async Task<double> DrainAsync(TestDatabase database, int concurrency, int voices, Action<VoiceRequest>? handle = null)
    {
        return (await DrainAsync(database, concurrency, voices, handle, static _ => Task.FromResult(default(ServerCost)))).Rate;
    }

    /// <summary>As above, with what it cost the server.</summary>
    internal static Task<(double Rate, ServerCost Cost)> DrainAtCostAsync(TestDatabase database, int concurrency, int voices) =>
        DrainAsync(database, concurrency, voices, null, ServerCost.ReadAsync);

    private static async Task<(double Rate, ServerCost Cost)> DrainAsync(
        TestDatabase database, int concurrency, int voices, Action<VoiceRequest>? handle, Func<TestDatabase, Task<ServerCost>> read)
    {
        var handled = 0;
        ServerCost cost;
        var before = await read(database);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = Stopwatch.StartNew();
        await using (await StartAsync(database, concurrency, request =>
        {
            handle?.Invoke(request);
            if (Interlocked.Increment(ref handled) == voices)
                all.SetResult();
        }))
        {
            // Not before: a look at the queue walks over its dead entries, and would be part of what is measured.
            await all.Task;
            while (await database.ScalarAsync<bool>("select exists (select from voices where status = 'processing')"))
                await Task.Delay(1);
            clock.Stop();
            // Before its connections close.
            cost = await read(database) - before;
        }

        await database.VerifyAsync("completed", voices);
        return (voices / clock.Elapsed.TotalSeconds, cost);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
    }

    private sealed class Handler(Action<VoiceRequest>? handle) : IVoiceSynthesizer
    {
        private static readonly SynthesizedVoice s_voice = new("/audio/line.wav");

        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token)
        {
            handle?.Invoke(request);
            return Task.FromResult(s_voice);
        }
    }
}
