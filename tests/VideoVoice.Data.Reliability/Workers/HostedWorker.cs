using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>The library's own worker in a host, with a synthesizer that takes up to some milliseconds and sometimes fails.</summary>
internal static class HostedWorker
{
    internal static async Task RunAsync(string connectionString, string name, HistoryFile history, Random random, CancellationToken stopping)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o =>
        {
            o.ConnectionString = connectionString;
            o.RetryDelay = TimeSpan.FromMilliseconds(100);
            o.PollInterval = TimeSpan.FromSeconds(1);
        });
        builder.Services.AddSingleton(new Synthesizer(name, history, random));
        builder.Services.AddVoiceWorker<Synthesizer>(o =>
        {
            o.WorkerId = name;
            o.Concurrency = 100;
            o.LeaseDuration = WorkerProcess.Lease;
            o.FailuresBeforePause = 100;
            o.FailurePause = TimeSpan.FromMilliseconds(100);
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(3));
        using var host = builder.Build();
        await host.StartAsync(CancellationToken.None);
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await host.StopAsync(CancellationToken.None);
    }

    private sealed class Synthesizer(string name, HistoryFile history, Random random) : IVoiceSynthesizer
    {
        private readonly Lock _drawing = new();

        public async Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken)
        {
            history.Add(Method.Synthesize, request.Fence, WriteOutcome.Applied, HistoryFile.Now);
            int draw;
            lock (_drawing)
                draw = random.Next(10_000);
            if (draw < 20)
                throw new PermanentVoiceException(Audio.PermanentError);
            if (draw < 200)
                throw new InvalidOperationException("The model has no memory left.");

            // Some take longer than their lease, which is renewed meanwhile.
            await Task.Delay(draw < 205 ? WorkerProcess.Lease * 1.5 : TimeSpan.FromMilliseconds(draw % 8), cancellationToken);
            return new SynthesizedVoice(Audio.PathOf(name, request.Fence));
        }
    }
}
