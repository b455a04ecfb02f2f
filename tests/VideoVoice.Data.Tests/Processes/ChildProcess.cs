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

    internal static ChildProcess Start(params IEnumerable<string> arguments) => Start(Describe(arguments));

    internal static ChildProcess Start(ProcessStartInfo description) => new(Process.Start(description)!);

    /// <summary>How it is started with these arguments: a test may change the environment first.</summary>
    internal static ProcessStartInfo Describe(params IEnumerable<string> arguments) => new(Dotnet, ["exec", Assembly, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>
    /// The same as the user nobody, from a copy in the folder given, because that user may not be able to reach the build's output.
    /// Only root may start it.
    /// </summary>
    internal static ProcessStartInfo DescribeForNobody(string folderOfCopy, params IEnumerable<string> arguments)
    {
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Assembly)!))
            File.Copy(file, Path.Combine(folderOfCopy, Path.GetFileName(file)));
        var description = Describe(arguments);
        description.ArgumentList[1] = Path.Combine(folderOfCopy, Path.GetFileName(Assembly));
        description.UserName = "nobody";
        description.WorkingDirectory = folderOfCopy;
        description.Environment["HOME"] = "/nonexistent";
        return description;
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
