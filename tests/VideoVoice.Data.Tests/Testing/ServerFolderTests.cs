using System.Runtime.Versioning;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>Where a server's folder is made, and what of the process's environment reaches the server.</summary>
[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
public sealed class ServerFolderTests
{
    [Test, CancelAfter(60_000)]
    public async Task Memory_is_used_where_it_has_room(CancellationToken cancellationToken)
    {
        if (new DriveInfo("/dev/shm").AvailableFreeSpace < 3L << 30) Assert.Ignore("/dev/shm has no room here.");

        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false }, cancellationToken);

        Assert.That(postgres.Folder, Does.StartWith("/dev/shm/"));
    }

    // As in a container, where /dev/shm has 64 MB.
    [Test, CancelAfter(60_000)]
    public async Task The_temporary_folder_is_used_where_memory_is_short(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("Only root can mount another /dev/shm.");
        var description = ChildProcess.Describe();
        description.FileName = "unshare";
        description.ArgumentList.Clear();
        foreach (var argument in new[]
        {
            "--mount", "sh", "-c", "mount -t tmpfs -o size=64m tmpfs /dev/shm && exec \"$@\"", "sh",
            ChildProcess.Dotnet, "exec", ChildProcess.Assembly, "postgres", "exit",
        })
        {
            description.ArgumentList.Add(argument);
        }

        using var child = ChildProcess.Start(description);
        var folder = (await child.ReadLineAsync(cancellationToken)).Split(' ')[2];
        await child.WriteLineAsync("now");

        Assert.That(folder, Does.StartWith(Path.GetTempPath()));
        Assert.That(await Eventually.HoldsAsync(() => !Directory.Exists(folder)), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_folder_that_the_server_cannot_reach_is_an_error_that_says_so(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("The server runs as the user of this process, who reaches all that this process does.");
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var options = new LocalPostgresOptions { UseExistingServer = false, Folder = folder.Path };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(options, cancellationToken));

        Assert.That(exception!.Message, Does.Contain(folder.Path).And.Contain("cannot reach it"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Variables_meant_for_other_servers_do_not_reach_this_one(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var description = ChildProcess.Describe("postgres", "exit", folder.Path);
        // postgres refuses to start with this one.
        description.Environment["PGPORT"] = "no number";

        using var child = ChildProcess.Start(description);

        Assert.That((await child.ReadLineAsync(cancellationToken)).Split(' '), Has.Length.EqualTo(3));
        await child.WriteLineAsync("now");
        Assert.That(await Eventually.HoldsAsync(() => !Directory.EnumerateFileSystemEntries(folder.Path).Any()), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_HOME_that_does_not_exist_hinders_no_start(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var description = ChildProcess.Describe("postgres", "exit", folder.Path);
        description.Environment["HOME"] = "/no/such/home";
        description.Environment.Remove("XDG_CACHE_HOME");

        using var child = ChildProcess.Start(description);

        Assert.That((await child.ReadLineAsync(cancellationToken)).Split(' '), Has.Length.EqualTo(3));
        await child.WriteLineAsync("now");
        Assert.That(await Eventually.HoldsAsync(() => !Directory.EnumerateFileSystemEntries(folder.Path).Any()), Is.True);
    }
}
