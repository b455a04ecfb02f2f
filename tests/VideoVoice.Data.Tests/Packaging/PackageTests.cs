using System.IO.Compression;
using System.Xml.Linq;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Packaging;

/// <summary>Packs the library and uses the package as a service's developer would: a new project, the README's commands, its code.</summary>
[TestFixture]
[NonParallelizable] // Compilers fill every core for seconds, which tests with a clock beside them would notice.
internal sealed class PackageTests
{
    // A version that was packed before would be served from NuGet's cache, with the old content.
    private static readonly string s_version = $"0.0.0-test.{DateTime.UtcNow.Ticks}";
    private const string ProjectUrl = "https://videovoice.example/data";

    private static string s_folder = "";

    private static string Feed => Path.Combine(s_folder, "feed");

    [OneTimeSetUp]
    public static async Task PackACopyOfTheSources()
    {
        s_folder = Directory.CreateTempSubdirectory("videovoice-package-").FullName;
        // A copy, because packing in place would write into the bin and obj folders that this run was started from.
        var sources = Path.Combine(s_folder, "sources");
        CopySources(RepositoryRoot(), sources);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await DotNetCommand.RunAsync(
            sources, ["pack", "VideoVoice.Data.sln", "-o", Feed, $"-p:Version={s_version}", $"-p:PackageProjectUrl={ProjectUrl}"], s_noVariables, limit.Token);
    }

    [OneTimeTearDown]
    public static void RemoveTheFolder() => Directory.Delete(s_folder, recursive: true);

    [Test]
    public void Each_package_holds_the_assembly_its_documentation_the_readme_and_the_license([ValueSource(nameof(PackableProjects))] string id)
    {
        Assert.That(EntriesOf($"{id}.{s_version}.nupkg"), Is.SupersetOf(
            [$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", "README.md", "LICENSE", "icon.png"]));
    }

    [Test]
    public void A_gallery_shows_each_package_with_its_own_readme_an_icon_a_project_url_and_release_notes([ValueSource(nameof(PackableProjects))] string id)
    {
        using var archive = ZipFile.OpenRead(Path.Combine(Feed, $"{id}.{s_version}.nupkg"));
        var specification = XDocument.Load(archive.GetEntry($"{id}.nuspec")!.Open()).Root!.Elements().Single();
        string? Value(string name) => specification.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        using var readme = new StreamReader(archive.GetEntry("README.md")!.Open());
        var text = readme.ReadToEnd();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((Value("icon"), Value("readme"), Value("projectUrl")), Is.EqualTo(("icon.png", "README.md", ProjectUrl)));
            Assert.That(Value("releaseNotes"), Does.StartWith("# Changelog"));
            Assert.That(Value("description"), Is.Not.Empty);
            Assert.That(text, Does.StartWith($"# {id}\n"));
            Assert.That(text, Does.Not.Match(@"\]\((?!https://)"), "A gallery has no other files to link to.");
        }
    }

    [Test]
    public void The_library_s_package_holds_its_documentation() =>
        Assert.That(EntriesOf($"VideoVoice.Data.{s_version}.nupkg"), Is.SupersetOf(new[] { "docs/configuration.md", "docs/queue.md", "docs/python.md" }));

    [Test]
    public void Each_package_has_its_symbols([ValueSource(nameof(PackableProjects))] string id)
    {
        Assert.That(EntriesOf($"{id}.{s_version}.snupkg"), Does.Contain($"lib/net10.0/{id}.pdb"));
    }

    [Test]
    public void Nothing_else_is_packed()
    {
        Assert.That(Directory.EnumerateFiles(Feed).Select(Path.GetFileName), Is.EquivalentTo(
            PackableProjects().SelectMany(id => new[] { $"{id}.{s_version}.nupkg", $"{id}.{s_version}.snupkg" })));
    }

    [Test]
    [CancelAfter(300_000)]
    public async Task The_quick_start_of_the_readme_runs_from_the_package(CancellationToken cancellationToken)
    {
        var quickStart = QuickStart.Read(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "README.md"), cancellationToken));
        var server = await PostgresServer.GetAsync();
        var connectionString = await server.CreateDatabaseAsync(cancellationToken: cancellationToken);
        var environment = new Dictionary<string, string>
        {
            ["NUGET_PACKAGES"] = Path.Combine(s_folder, "empty-at-first"),
            ["ConnectionStrings__VideoVoice"] = connectionString,
        };
        var app = Directory.CreateDirectory(Path.Combine(s_folder, "app")).FullName;
        Task<string> DotNet(params IEnumerable<string> arguments) => DotNetCommand.RunAsync(app, arguments, environment, cancellationToken);

        // Adds the feed; the machine's own package sources stay as they are.
        await File.WriteAllTextAsync(
            Path.Combine(app, "nuget.config"),
            """<configuration><packageSources><add key="packed" value="../feed" /></packageSources></configuration>""",
            cancellationToken);
        await DotNet("new", "console");
        foreach (var arguments in quickStart.PackageCommands)
            await DotNet(["add", "package", .. arguments, .. VersionOf(arguments[0])]);
        await File.WriteAllTextAsync(Path.Combine(app, "Program.cs"), quickStart.Code, cancellationToken);
        await DotNet("build", "-warnaserror");
        await DotNet("run", "--no-build");

        await using var dataSource = NpgsqlDataSource.Create(connectionString);
        await using var command = dataSource.CreateCommand(
            """
            SELECT (SELECT string_agg(status::text, ', ') FROM videos),
                   (SELECT string_agg(DISTINCT status::text, ', ') FROM voices)
            """);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        Assert.That(await row.ReadAsync(cancellationToken));
        Assert.Multiple(() =>
        {
            Assert.That(row.GetValue(0), Is.EqualTo("completed"), "videos");
            Assert.That(row.GetValue(1), Is.EqualTo("completed"), "voices");
        });
    }

    private static readonly Dictionary<string, string> s_noVariables = [];

    private static IEnumerable<string> PackableProjects() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot(), "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project));

    private static IEnumerable<string> VersionOf(string id) => PackableProjects().Contains(id) ? ["--version", s_version] : [];

    private static List<string> EntriesOf(string package)
    {
        using var archive = ZipFile.OpenRead(Path.Combine(Feed, package));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    private static string RepositoryRoot()
    {
        var candidate = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(candidate.FullName, "VideoVoice.Data.sln")))
            candidate = candidate.Parent ?? throw new InvalidOperationException("The tests run outside their repository.");
        return candidate.FullName;
    }

    private static void CopySources(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from).Where(IsSource))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var subfolder in Directory.EnumerateDirectories(from).Where(IsSource))
            CopySources(subfolder, Path.Combine(to, Path.GetFileName(subfolder)));
    }

    // A clone has a folder .git, a worktree a file.
    private static bool IsSource(string path) =>
        Path.GetFileName(path) is not ("bin" or "obj" or ".git" or ".vs" or ".idea" or "TestResults");
}
