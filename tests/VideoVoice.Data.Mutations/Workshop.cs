using System.Diagnostics;
using VideoVoice.Data.Testing;

namespace VideoVoice.Data.Mutations;

/// <summary>A clone of the repository whose sources hold all mutants, built once; test runs choose one of them by their environment.</summary>
internal sealed class Workshop : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    private LocalPostgres? _postgres;
    private readonly string _folder = Directory.CreateTempSubdirectory("videovoice-mutations-").FullName;

    internal List<Mutant> Mutants { get; } = [];

    internal async Task BuildAsync(string repository)
    {
        await RunAsync(repository, ["git", "clone", "--quiet", "--local", repository, _folder], null);
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
        var (code, output) = await RunAsync(_folder, build, null);
        if (code != 0)
            throw new InvalidOperationException(output);
    }

    /// <summary>What fails, hangs or breaks with the mutant; null when nothing does. Without a mutant it tells whether the tests pass as they are.</summary>
    internal async Task<string?> TestAsync(Mutant? mutant, IEnumerable<string> filters)
    {
        foreach (var filter in filters)
        {
            if (await TestAsync(mutant, filter) is { } killed)
                return killed;
        }

        return null;
    }

    private async Task<string?> TestAsync(Mutant? mutant, string filter)
    {
        var environment = mutant switch
        {
            null => new Dictionary<string, string>(),
            { IsSql: true } => new Dictionary<string, string> { ["VIDEOVOICE_MUTANT_STATEMENT"] = mutant.Statement, ["VIDEOVOICE_MUTANT_TEXT"] = mutant.Switch },
            _ => new Dictionary<string, string> { ["VIDEOVOICE_MUTANT"] = mutant.Switch },
        };
        environment["VIDEOVOICE_TEST_CONNECTION"] = _postgres!.ConnectionString;
        string[] test =
        [
            "dotnet", "test", "tests/VideoVoice.Data.Tests/bin/Debug/net10.0/VideoVoice.Data.Tests.dll", "--filter", filter, "--", "NUnit.StopOnError=true",
        ];
        var (code, output) = await RunAsync(_folder, test, environment);
        // Also when there is no such class.
        if (code == 0)
            return null;
        var failed = output.Split('\n').FirstOrDefault(line => line.StartsWith("  Failed ", StringComparison.Ordinal))?.Trim();
        return failed ?? (code == -1 ? "the time limit" : "the end of the test host");
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, string[] command, IReadOnlyDictionary<string, string>? environment)
    {
        var description = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        description.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            description.Environment[name] = value;
        using var process = Process.Start(description)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            using var limit = new CancellationTokenSource(environment is null ? TimeSpan.FromMinutes(10) : s_limit);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "");
        }
    }
}
