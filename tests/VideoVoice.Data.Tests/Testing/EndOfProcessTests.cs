using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>However the process that started a server ends, the server ends and its folder is deleted.</summary>
[Platform(Exclude = "Win", Reason = "Windows has no /bin/sh: there the next start sweeps.")]
public sealed class EndOfProcessTests
{
    [Test, CancelAfter(60_000)]
    public Task Killed(CancellationToken cancellationToken) =>
        EndsWithItsProcessAsync("wait", (child, _) => { child.Kill(); return Task.CompletedTask; }, cancellationToken);

    // As a terminal, an IDE or a CI system does: the watchdog must not be among the victims.
    [Test, CancelAfter(60_000)]
    public Task Killed_with_all_its_children(CancellationToken cancellationToken) =>
        EndsWithItsProcessAsync("wait", (child, _) => { child.Kill(withChildren: true); return Task.CompletedTask; }, cancellationToken);

    [TestCase("INT"), TestCase("TERM"), TestCase("HUP"), TestCase("QUIT"), CancelAfter(60_000)]
    public Task Ended_by_a_signal(string signal, CancellationToken cancellationToken) =>
        EndsWithItsProcessAsync("wait", (child, token) => child.SignalAsync(signal, token), cancellationToken);

    [TestCase("failfast"), TestCase("throw"), TestCase("exit"), CancelAfter(60_000)]
    public Task Ended_from_within(string end, CancellationToken cancellationToken) =>
        EndsWithItsProcessAsync(end, (child, _) => child.WriteLineAsync("now"), cancellationToken);

    [Test, CancelAfter(60_000)]
    public async Task Killed_while_initdb_runs(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var child = ChildProcess.Start("postgres", "wait", folder.Path);
        Assert.That(await Eventually.HoldsAsync(() => Directory.EnumerateFiles(folder.Path, "PG_VERSION", s_everywhere).Any()), Is.True);

        child.Kill();

        Assert.That(await Eventually.HoldsAsync(() => !Directory.EnumerateFileSystemEntries(folder.Path).Any()), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task Ctrl_C_on_the_terminal_leaves_the_server_to_its_process(CancellationToken cancellationToken)
    {
        // The terminal signals the process group of this test's process, to which a child of postgres's own would belong.
        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false }, cancellationToken);

        Assert.That(await GroupAsync(postgres.ProcessId!.Value, cancellationToken), Is.Not.EqualTo(await GroupAsync(Environment.ProcessId, cancellationToken)));
    }

    [Test, CancelAfter(60_000)]
    public async Task As_an_ordinary_user(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("This run is an ordinary user's: every other test here shows it.");
        using var program = new TemporaryFolder();
        using var folder = new TemporaryFolder(UnixFileMode.OtherWrite);

        await EndsWithItsProcessAsync(
            ChildProcess.Start(ChildProcess.DescribeForNobody(program.Path, "postgres", "wait", folder.Path)),
            folder,
            (child, _) => { child.Kill(); return Task.CompletedTask; },
            cancellationToken);
    }

    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    private static async Task EndsWithItsProcessAsync(string end, Func<ChildProcess, CancellationToken, Task> endAsync, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await EndsWithItsProcessAsync(ChildProcess.Start("postgres", end, folder.Path), folder, endAsync, cancellationToken);
    }

    private static async Task EndsWithItsProcessAsync(
        ChildProcess child, TemporaryFolder folder, Func<ChildProcess, CancellationToken, Task> endAsync, CancellationToken cancellationToken)
    {
        using (child)
        {
            var line = (await child.ReadLineAsync(cancellationToken)).Split(' ');
            var server = int.Parse(line[1], CultureInfo.InvariantCulture);
            Assert.That(Eventually.Lives(server), Is.True);
            Assert.That(Directory.Exists(line[2]), Is.True);

            await endAsync(child, cancellationToken);
            await child.WaitForExitAsync(cancellationToken);

            using (Assert.EnterMultipleScope())
            {
                Assert.That(await Eventually.HoldsAsync(() => !Eventually.Lives(server)), Is.True, "The server still runs.");
                Assert.That(await Eventually.HoldsAsync(() => !Directory.EnumerateFileSystemEntries(folder.Path).Any()), Is.True, "The folder is still there.");
            }
        }
    }

    private static async Task<string> GroupAsync(int processId, CancellationToken cancellationToken)
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "pgid=", "-p", processId.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        return (await ps.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
    }
}
