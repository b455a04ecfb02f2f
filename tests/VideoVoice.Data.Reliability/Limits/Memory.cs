using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Reliability.Limits;

/// <summary>What the process of a worker holds after many requests: no more than after a tenth of them.</summary>
internal static class Memory
{
    /// <summary>A tenth more, and a mebibyte for what the runtime itself does.</summary>
    private static bool IsFlat(long first, long last) => last <= (first * 1.1) + (1 << 20);

    internal static async Task<int> RunAsync(int requests)
    {
        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false });
        using var host = await WorkerOfLimits.StartAsync(await postgres.CreateDatabaseAsync());
        var (videos, voices) = (host.Services.GetRequiredService<VideoManager>(), host.Services.GetRequiredService<VoiceManager>());
        long first = 0, last = 0;
        for (var tenth = 1; tenth <= 10; tenth++)
        {
            for (var left = requests / 10; left > 0; left -= 1000)
            {
                var video = await videos.CreateVideoWithVoicesAsync("Video", [.. Enumerable.Range(0, Math.Min(left, 1000)).Select(i => new NewVoiceRequest("Aluno", $"Line {i}"))]);
                await voices.WaitForVoicesAsync(video);
            }

            last = GC.GetTotalMemory(forceFullCollection: true);
            first = tenth == 1 ? last : first;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after {requests / 10 * tenth:N0} requests: {last / 1024.0 / 1024:0.00} MiB of managed memory"));
        }

        await host.StopAsync();
        return IsFlat(first, last) ? 0 : 1;
    }
}
