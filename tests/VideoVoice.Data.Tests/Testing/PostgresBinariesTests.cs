using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Binaries;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>Where the programs come from. A machine is described by what is read of it, and nothing on this one is changed.</summary>
public sealed class PostgresBinariesTests
{
    private static readonly string s_suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    [Test]
    public async Task Where_there_is_neither_PostgreSQL_nor_npm_the_error_names_every_way()
    {
        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(Machine()));

        using (Assert.EnterMultipleScope())
        {
            foreach (var way in new[] { "apt-get install postgresql", "brew install postgresql@17", "winget install PostgreSQL", "VIDEOVOICE_POSTGRES_BIN", "npm", "VIDEOVOICE_TEST_CONNECTION" })
                Assert.That(exception!.Message, Does.Contain(way));
        }
    }

    [Test]
    public async Task A_version_that_npm_has_not_got_is_named_in_the_error()
    {
        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(Machine(), new LocalPostgresOptions { MajorVersion = 99 }));

        Assert.That(exception!.Message, Does.Contain("No PostgreSQL (version 99)").And.Contain("no package is pinned for version 99"));
    }

    [Test]
    public async Task Programs_installed_where_packages_put_them_are_found()
    {
        using var folder = new TemporaryFolder();
        var bin = await LinkInstalledAsync(folder["pg-15/bin"]);

        var found = await FindAsync(Machine() with { InstallationPatterns = [folder["pg-*/bin"], folder["missing/*/bin"]] });

        Assert.That(found.Folder, Is.EqualTo(bin));
    }

    [Test]
    public async Task A_folder_that_lacks_a_program_is_passed_over()
    {
        using var folder = new TemporaryFolder();
        var bin = await LinkInstalledAsync(folder["bin"]);
        File.Delete(Path.Combine(bin, "pg_ctl" + s_suffix));

        await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(Machine() with { InstallationPatterns = [bin] }));
    }

    [Test]
    public async Task A_link_on_PATH_leads_to_the_folder_that_has_all_programs()
    {
        using var folder = new TemporaryFolder();
        var installed = await InstalledAsync();
        File.CreateSymbolicLink(folder["initdb" + s_suffix], installed.Initdb);

        var found = await FindAsync(Machine(("PATH", "/missing" + Path.PathSeparator + folder.Path)));

        Assert.That(found, Is.EqualTo(installed));
    }

    [Test]
    public async Task The_variable_and_the_option_name_the_folder_and_the_option_wins()
    {
        using var folder = new TemporaryFolder();
        var byVariable = await LinkInstalledAsync(folder["variable"]);
        var byOption = await LinkInstalledAsync(folder["option"]);
        var machine = Machine((Surroundings.BinariesVariable, byVariable));

        Assert.That((await FindAsync(machine)).Folder, Is.EqualTo(byVariable));
        Assert.That((await FindAsync(machine, new LocalPostgresOptions { BinariesPath = byOption })).Folder, Is.EqualTo(byOption));
    }

    [Test]
    public async Task A_named_folder_without_the_programs_is_an_error_and_no_other_is_searched()
    {
        using var folder = new TemporaryFolder();
        var bin = await LinkInstalledAsync(folder["bin"]);
        var machine = Machine((Surroundings.BinariesVariable, folder.Path)) with { InstallationPatterns = [bin] };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(machine));

        Assert.That(exception!.Message, Does.StartWith(folder.Path));
    }

    [Test]
    public async Task A_named_folder_of_another_version_than_asked_for_is_an_error()
    {
        var installed = await InstalledAsync();
        var other = installed.Version.Major + 1;
        var machine = Machine((Surroundings.BinariesVariable, installed.Folder), (Surroundings.VersionVariable, $"{other}"));

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(machine));

        Assert.That(exception!.Message, Does.Contain($"It holds version {installed.Version}; wanted is {other}."));
    }

    [Test]
    public async Task Installed_programs_of_another_version_than_asked_for_are_passed_over()
    {
        var installed = await InstalledAsync();
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["initdb" + s_suffix], installed.Initdb);
        var machine = Machine(("PATH", folder.Path)) with { InstallationPatterns = [installed.Folder] };

        Assert.That((await FindAsync(machine, new LocalPostgresOptions { MajorVersion = installed.Version.Major })).Folder, Is.EqualTo(installed.Folder));
        await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(machine, new LocalPostgresOptions { MajorVersion = installed.Version.Major + 1 }));
    }

    [Test]
    public async Task A_version_variable_that_is_no_number_is_an_error()
    {
        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(Machine((Surroundings.VersionVariable, "new"))));

        Assert.That(exception!.Message, Does.Contain("VIDEOVOICE_POSTGRES_VERSION is 'new'"));
    }

    [Test]
    public async Task A_blank_variable_counts_as_none()
    {
        var installed = await InstalledAsync();
        var machine = Machine((Surroundings.BinariesVariable, " "), (Surroundings.VersionVariable, "")) with { InstallationPatterns = [installed.Folder] };

        Assert.That(await FindAsync(machine), Is.EqualTo(installed));
    }

    [Test, Platform(Exclude = "Win")]
    public async Task Downloads_are_kept_where_the_user_who_runs_the_server_can_reach_them()
    {
        var folder = new DirectoryInfo(Surroundings.OfThisMachine.CacheFolder);
        while (!folder.Exists) folder = folder.Parent!;

        var result = await new Command("/bin/sh", "-c", "cd \"$0\"", folder.FullName) { User = ServerUser.Find(), WorkingFolder = "/" }.RunAsync(CancellationToken.None);

        Assert.That(result.ExitCode, Is.Zero, result.Text);
    }

    internal static Surroundings Machine(params (string Name, string Value)[] variables) => new()
    {
        InstallationPatterns = [],
        CacheFolder = "/missing",
        ReadVariable = name => variables.FirstOrDefault(variable => variable.Name == name).Value,
    };

    internal static Task<PostgresBinaries> FindAsync(Surroundings machine, LocalPostgresOptions? options = null) =>
        PostgresBinaries.FindAsync(options ?? new LocalPostgresOptions(), machine, CancellationToken.None);

    private static Task<PostgresBinaries> InstalledAsync() => FindAsync(Surroundings.OfThisMachine);

    private static async Task<string> LinkInstalledAsync(string folder)
    {
        var installed = await InstalledAsync();
        Directory.CreateDirectory(folder);
        foreach (var program in new[] { "initdb", "pg_ctl", "postgres" })
            File.CreateSymbolicLink(Path.Combine(folder, program + s_suffix), Path.Combine(installed.Folder, program + s_suffix));
        return folder;
    }
}
