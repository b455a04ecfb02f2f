using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace VideoVoice.Data.Mutations;

/// <summary>A process that runs tests for one mutant after the other; another one takes its place when a mutant makes it hang or end.</summary>
internal sealed class TestHost(string assembly, string server) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private Process? _process;

    private sealed record Answer(int Tests, string? Failed);

    /// <summary>The full names of all classes that hold tests.</summary>
    internal IReadOnlyList<string> Classes { get; private set; } = [];

    /// <summary>Runs a class as it is. Returns the places that its tests reach, those in the processes that they start included, and the test that fails.</summary>
    internal async Task<(IReadOnlySet<string> Places, string? Failed)> ReachAsync(string testClass)
    {
        var seen = Directory.CreateTempSubdirectory("videovoice-seen-");
        try
        {
            var answer = await TestAsync(null, seen.FullName, [$"^{Regex.Escape(testClass)}$"]);
            return (seen.EnumerateFiles().SelectMany(f => File.ReadLines(f.FullName)).ToHashSet(StringComparer.Ordinal), answer.Failed);
        }
        finally
        {
            seen.Delete(recursive: true);
        }
    }

    /// <summary>What fails, hangs or breaks with the mutant; null when nothing does.</summary>
    /// <param name="mutant">The mutant.</param>
    /// <param name="runs">Classes by their full names, one test run for each list until one fails.</param>
    internal async Task<string?> TestAsync(Mutant mutant, IEnumerable<string[]> runs)
    {
        foreach (var classes in runs.Where(classes => classes.Length > 0))
        {
            if ((await TestAsync(mutant, null, [.. classes.Select(c => $"^{Regex.Escape(c)}$")])).Failed is { } failed)
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

    private async Task<Answer> TestAsync(Mutant? mutant, string? seen, string[] classes)
    {
        await StartAsync();
        var order = new
        {
            Number = mutant is { IsSql: false } ? mutant.Switch : null,
            Statement = mutant is { IsSql: true } ? mutant.Place : null,
            Text = mutant is { IsSql: true } ? mutant.Switch : null,
            Seen = seen,
            Classes = classes,
        };
        try
        {
            using var limit = new CancellationTokenSource(s_limit);
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
            return new Answer(0, e is IOException ? "the end of the test host" : "the time limit");
        }
    }
}
