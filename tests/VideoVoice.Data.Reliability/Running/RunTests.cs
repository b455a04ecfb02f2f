using NUnit.Framework;
using VideoVoice.Data.Reliability.Nemesis;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>Short runs: each fault alone, one after the other, and all mixed. The program of this project makes long ones.</summary>
[Platform("Linux", Reason = "SIGSTOP and file systems in memory are of Unix.")]
public sealed class RunTests
{
    /// <summary>Several runs share the machine with other tests.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(20);

    /// <summary>For the first video and for the last ones: beside other runs the processes of a run take a minute to start.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromMinutes(4);

    /// <summary>A run that hangs ends with the name of its test.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    [TestCase("workers")]
    [TestCase("server")]
    [TestCase("network")]
    public async Task No_promise_is_broken_by_a_fault_alone(string place)
    {
        var all = place switch { "workers" => WorkerFaults.All, "server" => ServerFaults.All, _ => NetworkFaults.All };
        // Where there is no small disk, the test of all faults is skipped and says so.
        var faults = all.Where(f => f.Name != ServerFaults.FillDisk || Disk.IsPossible).ToList();
        var result = await new Run(
            new RunOptions
            {
                Requests = 300,
                Turns = 1,
                AtATime = 1,
                Workers = 3,
                Videos = 10,
                Pause = TimeSpan.FromMilliseconds(500),
                LongestWait = s_longestWait,
                EndLimit = s_endLimit,
                Faults = faults,
                DiskMegabytes = Disk.IsPossible ? 400 : null,
            },
            TestContext.Out.WriteLine).RunAsync().WaitAsync(s_limit);

        AssertSound(result);
        Assert.That(result.Faults.Keys, Is.EquivalentTo(faults.Select(f => f.Name)));
    }

    [Test]
    public async Task No_promise_is_broken_by_all_faults_mixed()
    {
        if (!Faketime.IsInstalled)
            Assert.Ignore("There is no faketime. Install it: apt-get install faketime.");
        if (!Disk.IsPossible)
            Assert.Ignore("A small disk takes root on Linux. Run the tests as root.");
        var result = await new Run(
            new RunOptions
            {
                Requests = 3000,
                Turns = 1,
                Videos = 20,
                Pause = TimeSpan.FromMilliseconds(200),
                LongestWait = s_longestWait,
                EndLimit = s_endLimit,
                Seed = Random.Shared.Next(1_000_000),
                DiskMegabytes = 400,
            },
            TestContext.Out.WriteLine).RunAsync().WaitAsync(s_limit);

        AssertSound(result);
        Assert.That(result.Faults, Has.Count.EqualTo(Fault.All.Count));
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
}
