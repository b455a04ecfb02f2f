using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>What a killed process left is removed by the next start; what belongs to a living one is not.</summary>
[Platform("Linux", Reason = "The watchdog is found by /proc.")]
public sealed class SweepTests
{
    [Test, CancelAfter(60_000)]
    public async Task A_server_whose_process_and_watchdog_were_killed_is_stopped_and_removed_by_the_next_start(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var child = ChildProcess.Start("postgres", "wait", folder.Path);
        var line = (await child.ReadLineAsync(cancellationToken)).Split(' ');
        var (left, leftFolder) = (int.Parse(line[1], CultureInfo.InvariantCulture), line[2]);
        await ChildProcess.SignalAsync("KILL", WatchdogOf(leftFolder), cancellationToken);
        child.Kill();
        await child.WaitForExitAsync(cancellationToken);
        Assert.That(Eventually.Lives(left) && Directory.Exists(leftFolder), Is.True, "The test needs a server that was left behind.");

        await using var next = await LocalPostgres.StartAsync(Own(folder), cancellationToken);

        Assert.That(await Eventually.HoldsAsync(() => !Eventually.Lives(left)), Is.True);
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.EquivalentTo(new[] { next.Folder, next.Folder + ".lock" }));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_of_a_living_process_is_left_alone(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var child = ChildProcess.Start("postgres", "wait", folder.Path);
        var ofOtherProcess = (await child.ReadLineAsync(cancellationToken)).Split(' ');
        await using var ofThisProcess = await LocalPostgres.StartAsync(Own(folder), cancellationToken);

        await using var next = await LocalPostgres.StartAsync(Own(folder), cancellationToken);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Eventually.Lives(int.Parse(ofOtherProcess[1], CultureInfo.InvariantCulture)) && Directory.Exists(ofOtherProcess[2]), Is.True);
            Assert.That(Directory.Exists(ofThisProcess.Folder), Is.True);
            Assert.That(await LocalPostgresTests.QueryAsync<int>(ofThisProcess.ConnectionString, "SELECT 1"), Is.EqualTo(1));
        }

        child.Kill();
        Assert.That(await Eventually.HoldsAsync(() => !Directory.Exists(ofOtherProcess[2])), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_process_that_has_the_id_of_a_server_long_gone_is_not_stopped(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var bystander = Process.Start("sleep", "60");
        try
        {
            var left = folder["videovoice-postgres-0123456789ab"];
            Directory.CreateDirectory(Path.Combine(left, "data"));
            await File.WriteAllTextAsync(Path.Combine(left, "data", "postmaster.pid"), $"{bystander.Id}\n{left}/data\n{DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds()}\n", cancellationToken);
            await File.WriteAllTextAsync(left + ".lock", "", cancellationToken);

            await using var next = await LocalPostgres.StartAsync(Own(folder), cancellationToken);

            Assert.That(Directory.Exists(left) || File.Exists(left + ".lock"), Is.False);
            Assert.That(Eventually.Lives(bystander.Id), Is.True);
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_that_nobody_refers_to_any_more_runs_on(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var connectionString = await StartAndForgetAsync(folder, cancellationToken);

        // Off the stack on which the start completed: it still refers to the server.
        await Task.Delay(1, cancellationToken);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        await using (await LocalPostgres.StartAsync(Own(folder), cancellationToken))
        {
            Assert.That(await LocalPostgresTests.QueryAsync<int>(connectionString, "SELECT 1"), Is.EqualTo(1));
        }

        var postmasterFile = Path.Combine(Directory.GetDirectories(folder.Path).Single(), "data", "postmaster.pid");
        var server = int.Parse(File.ReadLines(postmasterFile).First(), CultureInfo.InvariantCulture);
        await ChildProcess.SignalAsync("QUIT", server, cancellationToken);
        Assert.That(await Eventually.HoldsAsync(() => !Eventually.Lives(server)), Is.True);
    }

    [Test, CancelAfter(60_000), UnsupportedOSPlatform("windows")]
    public async Task What_another_user_left_does_not_hinder_a_start(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("Only root can play two users.");
        using var program = new TemporaryFolder();
        using var folder = new TemporaryFolder(UnixFileMode.OtherWrite);
        var leftByRoot = folder["videovoice-postgres-0123456789ab.lock"];
        await File.WriteAllTextAsync(leftByRoot, "", cancellationToken);
        File.SetUnixFileMode(leftByRoot, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        using var child = ChildProcess.Start(ChildProcess.DescribeForNobody(program.Path, "postgres", "wait", folder.Path));
        var started = (await child.ReadLineAsync(cancellationToken)).Split(' ')[2];

        Assert.That(started, Does.StartWith(folder.Path));
        Assert.That(File.Exists(leftByRoot), Is.True);
        child.Kill();
        Assert.That(await Eventually.HoldsAsync(() => !Directory.Exists(started)), Is.True);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> StartAndForgetAsync(TemporaryFolder folder, CancellationToken cancellationToken) =>
        (await LocalPostgres.StartAsync(Own(folder), cancellationToken)).ConnectionString;

    private static LocalPostgresOptions Own(TemporaryFolder folder) => new() { UseExistingServer = false, Folder = folder.Path };

    private static int WatchdogOf(string serverFolder) =>
        Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => name!.All(char.IsAsciiDigit))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Single(id => CommandLine(id) is var line && line.Contains("videovoice-watchdog", StringComparison.Ordinal) && line.Contains(serverFolder, StringComparison.Ordinal));

    private static string CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
