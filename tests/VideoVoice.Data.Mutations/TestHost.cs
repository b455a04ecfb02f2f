using System.Diagnostics;
using System.Text.Json;

namespace VideoVoice.Data.Mutations;

/// <summary>A process that runs tests for one mutant after the other; another one takes its place when a mutant makes it hang or end.</summary>
internal sealed class TestHost(string assembly, string server) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private Process? _process;

    private sealed record Answer(int Tests, string? Failed);

    /// <summary>What fails, hangs or breaks with the mutant; null when nothing does. Without a mutant it tells whether the tests pass as they are.</summary>
    /// <exception cref="InvalidOperationException">No test ran.</exception>
    internal async Task<string?> TestAsync(Mutant? mutant, IEnumerable<string[]> runs)
    {
        var tests = 0;
        foreach (var classes in runs)
        {
            var answer = await TestAsync(mutant, classes);
            tests += answer.Tests;
            if (answer.Failed is not null)
                return answer.Failed;
        }

        return tests > 0 ? null : throw new InvalidOperationException($"No test ran for {mutant?.Name ?? "the tests as they are"}: see Tests.cs.");
    }

    public void Dispose()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.Dispose();
    }

    private async Task<Answer> TestAsync(Mutant? mutant, string[] classes)
    {
        _process ??= Start();
        var order = new { Number = mutant is { IsSql: false } ? mutant.Switch : null, Statement = mutant is { IsSql: true } ? mutant.Statement : null, Text = mutant is { IsSql: true } ? mutant.Switch : null, Classes = classes };
        try
        {
            using var limit = new CancellationTokenSource(s_limit);
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
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

    private Process Start()
    {
        var description = new ProcessStartInfo("dotnet", ["exec", assembly, "mutants"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        description.Environment["VIDEOVOICE_TEST_CONNECTION"] = server;
        var process = Process.Start(description)!;
        // A full pipe would stop it.
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
