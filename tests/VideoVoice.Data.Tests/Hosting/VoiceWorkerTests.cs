using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class VoiceWorkerTests : DatabaseTest
{
    [Test]
    public async Task A_worker_speaks_every_line_of_a_video()
    {
        using var host = Host((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav")), o => o.Concurrency = 4);
        await host.StartAsync(Token);
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 50).Select(i => $"{i}")]);

        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);

        await host.StopAsync(Token);
        Assert.That(result!.Audio.Select(a => a.OutputAudioPath), Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"/{i}.wav")));
    }

    private IHost Host(Func<VoiceRequest, CancellationToken, Task<SynthesizedVoice>> speak, Action<VoiceWorkerOptions>? configure = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString);
        builder.Services.AddSingleton(new FakeSynthesizer(speak));
        builder.Services.AddVoiceWorker<FakeSynthesizer>(configure);
        return builder.Build();
    }

    private sealed class FakeSynthesizer(Func<VoiceRequest, CancellationToken, Task<SynthesizedVoice>> speak) : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token) => speak(request, token);
    }
}
