using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.TestProcess;

/// <summary>
/// Runs a host with a worker until it is killed or gets a signal, and prints "started" with its own clock's Unix time. A line takes up to the given
/// milliseconds; the worker named "hangs" prints "hangs" and the request's id for the line "hang", and never finishes it.
/// For the line "child" it starts a process, prints "child", and fails when that ends.
/// </summary>
internal static class WorkerVerb
{
    internal static async Task RunAsync(string connectionString, string workerId, string milliseconds, string leaseSeconds)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = connectionString);
        builder.Services.AddSingleton(new Synthesizer(workerId, int.Parse(milliseconds, CultureInfo.InvariantCulture)));
        builder.Services.AddVoiceWorker<Synthesizer>(o =>
        {
            o.WorkerId = workerId;
            o.Concurrency = 4;
            o.LeaseDuration = TimeSpan.FromSeconds(int.Parse(leaseSeconds, CultureInfo.InvariantCulture));
        });
        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine($"started {DateTimeOffset.UtcNow.ToUnixTimeSeconds()}");
        await host.WaitForShutdownAsync();
    }

    private sealed class Synthesizer(string workerId, int milliseconds) : IVoiceSynthesizer
    {
        public async Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token)
        {
            if (request.TextContent == "hang" && workerId == "hangs")
            {
                Console.WriteLine($"hangs {request.Id}");
                await Task.Delay(Timeout.Infinite, token);
            }

            if (request.TextContent == "child")
            {
                using var child = Process.Start(new ProcessStartInfo("sleep", "600") { RedirectStandardOutput = true })!;
                Console.WriteLine("child");
                await child.StandardOutput.ReadToEndAsync(token);
                throw new EndOfStreamException("The child has ended.");
            }

            await Task.Delay(Random.Shared.Next(1, milliseconds + 1), token);
            return new SynthesizedVoice($"/{workerId}/{request.Id}/{request.Attempt}.wav");
        }
    }
}
