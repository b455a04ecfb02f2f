using System.Diagnostics;
using System.Text.Json;

namespace VideoVoice.Data.Mutations;

/// <summary>A process that runs tests for one mutant after the other; another one takes its place when a mutant makes it hang or end.</summary>
internal sealed class TestHost(string assembly, string server) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_reachLimit = TimeSpan.FromMinutes(10);

    private Process? _process;

    private sealed record Answer(int Tests, string? Failed, Dictionary<string, string[]>? Reached);

    /// <summary>The full names of all classes that hold tests.</summary>
    internal IReadOnlyList<string> Classes { get; private set; } = [];

    /// <summary>Runs a class as it is. Returns the places that each of its tests reaches, those in the processes that it starts included, and the test that fails.</summary>
    internal async Task<(IReadOnlyDictionary<string, string[]> Reached, string? Failed)> ReachAsync(string testClass)
    {
        var answer = await RunAsync(null, [testClass]);
        return (answer.Reached ?? [], answer.Failed);
    }

    /// <summary>What fails, hangs or breaks with the mutant; null when nothing does.</summary>
    /// <param name="mutant">The mutant.</param>
    /// <param name="runs">Tests by their full names, one test run for each list until one fails.</param>
    internal async Task<string?> TestAsync(Mutant mutant, IEnumerable<string[]> runs)
    {
        foreach (var tests in runs.Where(tests => tests.Length > 0))
        {
            if ((await RunAsync(mutant, tests)).Failed is { } failed)
                return failed;
        }

        return null;
    }

    public void Dispose()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.Dispose();
    }

    internal async Task StartAsync()
    {
        if (_process is not null)
            return;

        var description = new ProcessStartInfo("dotnet", ["exec", assembly, "mutants"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        description.Environment["VIDEOVOICE_TEST_CONNECTION"] = server;
        _process = Process.Start(description)!;
        // A full pipe would stop it.
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        Classes = JsonSerializer.Deserialize<string[]>((await _process.StandardOutput.ReadLineAsync())!)!;
    }

    /// <summary>Without a mutant, what the tests reach.</summary>
    private async Task<Answer> RunAsync(Mutant? mutant, string[] tests)
    {
        await StartAsync();
        var order = new
        {
            Number = mutant is { IsSql: false } ? mutant.Switch : null,
            Statement = mutant is { IsSql: true } ? mutant.Place : null,
            Text = mutant is { IsSql: true } ? mutant.Switch : null,
            Tests = tests,
            Reach = mutant is null,
        };
        try
        {
            using var limit = new CancellationTokenSource(mutant is null ? s_reachLimit : s_limit);
            await _process!.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
            await _process.StandardInput.FlushAsync(limit.Token);
            if (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                return JsonSerializer.Deserialize<Answer>(line)!;

            throw new EndOfStreamException();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            Dispose();
            _process = null;
            return new Answer(0, e is IOException ? "the end of the test host" : "the time limit", null);
        }
    }
}
