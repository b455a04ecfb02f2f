using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Reliability.Limits;

/// <summary>A host with one worker whose synthesizer does nothing.</summary>
internal sealed class WorkerOfLimits : IVoiceSynthesizer
{
    private static readonly SynthesizedVoice s_voice = new("/audio/line.wav");

    public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken) => Task.FromResult(s_voice);

    internal static async Task<IHost> StartAsync(string connectionString, TimeSpan? pollInterval = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o =>
        {
            o.ConnectionString = connectionString;
            o.PollInterval = pollInterval ?? o.PollInterval;
        });
        builder.Services.AddVideoVoiceSchemaInitialization();
        builder.Services.AddVoiceWorker<WorkerOfLimits>(o => o.Concurrency = 100);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
