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
    internal async Task<string?> TestAsync(Mutant? mutant, IEnumerable<string[]> runs)
    {
        foreach (var classes in runs)
        {
            if (await TestAsync(mutant, classes) is { } killer)
                return killer;
        }

        return null;
    }

    public void Dispose()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.Dispose();
    }

    private async Task<string?> TestAsync(Mutant? mutant, string[] classes)
    {
        _process ??= Start();
        var order = new { Number = mutant is { IsSql: false } ? mutant.Switch : null, Statement = mutant is { IsSql: true } ? mutant.Statement : null, Text = mutant is { IsSql: true } ? mutant.Switch : null, Classes = classes };
        try
        {
            using var limit = new CancellationTokenSource(s_limit);
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
            await _process.StandardInput.FlushAsync(limit.Token);
            if (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                return JsonSerializer.Deserialize<Answer>(line)!.Failed;

            End();
            return "the end of the test host";
        }
        catch (OperationCanceledException)
        {
            End();
            return "the time limit";
        }
        catch (IOException)
        {
            End();
            return "the end of the test host";
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

    private void End()
    {
        Dispose();
        _process = null;
    }
}
