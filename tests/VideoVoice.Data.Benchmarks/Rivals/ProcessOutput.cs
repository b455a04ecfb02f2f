using System.Diagnostics;

namespace VideoVoice.Data.Benchmarks.Rivals;

/// <summary>Runs a program to its end.</summary>
internal static class ProcessOutput
{
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, Dictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
