using System.Diagnostics;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Mutations;

/// <summary>A clone of the repository whose sources hold all mutants, built once; a test run chooses one of them.</summary>
internal sealed class Workshop : IAsyncDisposable
{
    private LocalPostgres? _postgres;
    private readonly string _folder = Directory.CreateTempSubdirectory("videovoice-mutations-").FullName;

    internal List<Mutant> Mutants { get; } = [];

    internal async Task BuildAsync(string repository)
    {
        await RunAsync(repository, ["git", "clone", "--quiet", "--local", repository, _folder]);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(_folder, "sql"), "*.sql", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            Mutants.AddRange(SqlMutants.Of(Path.GetRelativePath(_folder, path), await File.ReadAllTextAsync(path)));

        var rewritten = new List<Mutant>();
        foreach (var project in new[] { "src/VideoVoice.Data", "src/VideoVoice.Data.Hosting" })
        {
            foreach (var path in Directory.EnumerateFiles(Path.Combine(_folder, project), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                await File.WriteAllTextAsync(path, CSharpMutants.Rewrite(Path.GetRelativePath(_folder, path), await File.ReadAllTextAsync(path), rewritten));
        }

        Mutants.AddRange(rewritten);
        await File.WriteAllTextAsync(Path.Combine(_folder, "src/VideoVoice.Data/Active.cs"), CSharpMutants.Support);
        // The rewritten text follows no rule of style.
        string[] build =
        [
            "dotnet", "build", "tests/VideoVoice.Data.Tests", "-tl:off", "-v:q", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
            "-p:TreatWarningsAsErrors=false", "-p:MSBuildTreatWarningsAsErrors=false", "-p:NoWarn=CS1591%3BCS8602%3BCS8604%3BCS8629%3BCS8625%3BCS8600%3BCS8603",
        ];
        _postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false });
        var (code, output) = await RunAsync(_folder, build);
        if (code != 0)
            throw new InvalidOperationException(output);
    }

    /// <summary>A process that runs the tests.</summary>
    internal TestHost OpenHost() => new(Path.Combine(_folder, "tests/VideoVoice.Data.Tests/bin/Debug/net10.0/VideoVoice.Data.Tests.dll"), _postgres!.ConnectionString);

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, string[] command)
    {
        var description = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        description.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(description)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
