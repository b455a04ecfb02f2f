using System.Diagnostics;
using System.Reflection;
using NUnit.Framework;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Reliability.Limits;

public sealed class LimitTests
{
    /// <summary>In a process of its own: the others of this one would be measured, too. The long run has 1,000,000.</summary>
    [Test, CancelAfter(240_000)]
    public async Task The_memory_of_a_worker_does_not_grow_with_its_requests(CancellationToken cancellationToken)
    {
        var description = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Assembly.GetExecutingAssembly().Location, "memory", "20000"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(description)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);

        Assert.That(process.ExitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("after 20,000 requests"));
    }

    [Test]
    public async Task An_idle_process_sends_three_statements_a_poll_interval()
    {
        await using var postgres = await LocalPostgres.StartAsync();
        var statements = await IdleCost.CountAsync(await postgres.CreateDatabaseAsync(), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));

        // It renews its registration, looks for work and at the video. A second's statements may be reported late, and some are not of the poll.
        Assert.That(statements, Is.InRange(20, (3 * 30) + (3 * 10) + 20));
    }
}
