using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Server;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>What an unprivileged user plants in a shared folder moves root to nothing.</summary>
[Platform("Linux", Reason = "Two users are played by root.")]
[UnsupportedOSPlatform("windows")]
public sealed class HostileUserTests
{
    private const string Name = "videovoice-postgres-0123456789ab";

    [SetUp]
    public void OnlyRootCanPlayTwoUsers()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Ignore("Only root can play two users.");
    }

    [TestCase("touch $D/NAME.lock; mkdir -p $D/NAME/data; printf '%s\\n%s\\n%s\\n' PID $D START >$D/NAME/data/postmaster.pid")]
    [TestCase("touch $D/NAME.lock; ln -s WORK $D/NAME")]
    [TestCase("ln -s WORK/file $D/NAME.lock")]
    public async Task A_planted_lock_kills_nothing_and_removes_nothing(string plant)
    {
        using var folder = new TemporaryFolder(UnixFileMode.OtherWrite);
        using var work = new TemporaryFolder();
        await File.WriteAllTextAsync(work["file"], "kept");
        var bystanderStart = new ProcessStartInfo("sh", ["-c", "exec sleep 60", folder[Name] + "/data"]) { WorkingDirectory = work.Path };
        using var bystander = Process.Start(bystanderStart)!;
        try
        {
            var script = plant.Replace("$D", folder.Path, StringComparison.Ordinal).Replace("NAME", Name, StringComparison.Ordinal).Replace("WORK", work.Path, StringComparison.Ordinal)
                .Replace("PID", bystander.Id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("START", DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            await AsNobodyAsync(script);
            var planted = Directory.EnumerateFileSystemEntries(folder.Path).Order().ToList();
            Assert.That(planted, Is.Not.Empty);

            await ServerFolder.SweepAsync(new LocalPostgresOptions { Folder = folder.Path });

            using (Assert.EnterMultipleScope())
            {
                Assert.That(Eventually.Lives(bystander.Id), Is.True);
                Assert.That(File.ReadAllText(work["file"]), Is.EqualTo("kept"));
                Assert.That(Directory.EnumerateFileSystemEntries(folder.Path).Order(), Is.EqualTo(planted));
            }
        }
        finally
        {
            bystander.Kill();
        }
    }

    [TestCase("mkdir $D")]
    [TestCase("ln -s /etc $D")]
    public async Task A_planted_folder_in_the_place_of_one_s_own_is_refused(string plant)
    {
        using var shared = new TemporaryFolder(UnixFileMode.OtherWrite);
        var own = shared["videovoice-root"];
        await AsNobodyAsync(plant.Replace("$D", own, StringComparison.Ordinal));

        Assert.That(await Ownership.MakeOwnAsync(own, walked: true, CancellationToken.None), Does.Contain(own).And.Contain("no folder of user"));
    }

    [Test]
    public async Task One_s_own_folder_cannot_be_written_to_by_others()
    {
        using var shared = new TemporaryFolder(UnixFileMode.OtherWrite);
        var (own, walked) = (shared["own"], shared["walked"]);

        Assert.That(await Ownership.MakeOwnAsync(own, walked: false, CancellationToken.None), Is.Null);
        Assert.That(await Ownership.MakeOwnAsync(walked, walked: true, CancellationToken.None), Is.Null);

        Assert.That((File.GetUnixFileMode(own), File.GetUnixFileMode(walked)), Is.EqualTo((
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)));
        Assert.That(await Ownership.MakeOwnAsync(own, walked: false, CancellationToken.None), Is.Null, "the second time, too");
    }

    [TestCase("with $HOME in it")]
    [TestCase("with 'quotes'")]
    [TestCase("with \"double quotes\"")]
    public async Task A_folder_that_a_shell_would_read_otherwise_is_refused_with_words(string name)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[name]);

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Folder = folder[name] }));

        Assert.That(exception!.Message, Does.Contain("Name another folder."));
    }

    private static async Task AsNobodyAsync(string script)
    {
        var result = await new Command("/bin/sh", "-c", script) { User = "nobody", WorkingFolder = "/" }.RunAsync(CancellationToken.None);
        Assert.That(result.ExitCode, Is.Zero, result.Text);
    }
}
