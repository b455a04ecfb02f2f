using NUnit.Framework;
using VideoVoice.Data.Reliability.Nemesis;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>Short runs: each fault alone, and all mixed. The program of this project makes long ones.</summary>
[Platform("Linux", Reason = "SIGSTOP and file systems in memory are of Unix.")]
public sealed class RunTests
{
    /// <summary>A run that hangs ends with the name of its test.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    private static IEnumerable<string> Faults => Fault.All.Select(f => f.Name);

    [TestCaseSource(nameof(Faults))]
    public async Task No_promise_is_broken_by(string fault)
    {
        SkipWithoutDisk(fault);
        var result = await new Run(
            new RunOptions
            {
                Requests = 300,
                MinTime = TimeSpan.FromSeconds(5),
                Workers = 3,
                Videos = 10,
                Faults = [Fault.All.Single(f => f.Name == fault)],
                DiskMegabytes = fault == ServerFaults.FillDisk ? 300 : null,
            },
            TestContext.Out.WriteLine).RunAsync().WaitAsync(s_limit);

        AssertSound(result);
        Assert.That(result.Faults[fault], Is.Positive);
    }

    [Test]
    public async Task No_promise_is_broken_by_all_faults_mixed()
    {
        if (!Faketime.IsInstalled)
            Assert.Ignore("There is no faketime. Install it: apt-get install faketime.");
        SkipWithoutDisk(ServerFaults.FillDisk);
        var result = await new Run(
            new RunOptions { Requests = 3000, MinTime = TimeSpan.FromSeconds(15), Videos = 20, Seed = Random.Shared.Next(1_000_000), DiskMegabytes = 400 },
            TestContext.Out.WriteLine).RunAsync().WaitAsync(s_limit);

        AssertSound(result);
        Assert.That(result.Faults, Has.Count.GreaterThan(3));
    }

    private static void AssertSound(RunResult result)
    {
        TestContext.Out.WriteLine(result.Line);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Violations, Is.Empty, result.Line);
            Assert.That(result.Requests, Is.Positive);
            Assert.That(result.Calls, Is.Positive);
            Assert.That(result.Transitions, Is.GreaterThanOrEqualTo(3L * result.Requests / 2));
            Assert.That(result.Waits, Is.GreaterThanOrEqualTo(result.Videos));
        }
    }

    private static void SkipWithoutDisk(string fault)
    {
        if (fault == ServerFaults.FillDisk && !Disk.IsPossible)
            Assert.Ignore("A small disk takes root on Linux. Run the tests as root.");
    }
}
