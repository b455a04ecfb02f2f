using System.Diagnostics;
using System.Reflection;

namespace VideoVoice.Data.Tests.Processes;

/// <summary>A running VideoVoice.Data.TestProcess. Disposing kills it, if it still lives.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    internal static string Assembly { get; } = typeof(ChildProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "TestProcess").Value!;

    internal static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    internal int Id => _process.Id;

    internal static ChildProcess Start(params IEnumerable<string> arguments) => StartAs(null, Assembly, arguments);

    internal static ChildProcess StartAs(string? user, string assembly, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Dotnet, ["exec", assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(assembly),
        };
        if (user is not null)
        {
            start.UserName = user;
            start.Environment["HOME"] = "/nonexistent";
        }

        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>The next line of its standard output; when it ends instead, the test fails with what it wrote to standard error.</summary>
    internal async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        if (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line) return line;
        throw new InvalidOperationException("The process ended: " + await _process.StandardError.ReadToEndAsync(cancellationToken));
    }

    internal async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    internal Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Kills this process alone, at once (SIGKILL), or with its children.</summary>
    internal void Kill(bool withChildren = false) => _process.Kill(withChildren);

    /// <summary>Sends a signal by its name, such as INT. Unix only.</summary>
    internal Task SignalAsync(string signal, CancellationToken cancellationToken) => SignalAsync(signal, Id, cancellationToken);

    internal static async Task SignalAsync(string signal, int id, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {id}"]);
        await kill.WaitForExitAsync(cancellationToken);
        if (kill.ExitCode != 0) throw new InvalidOperationException($"Process {id} did not take the signal {signal}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
