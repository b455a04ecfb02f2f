using System.Diagnostics;
using System.Text;
using VideoVoice.Data.Tests.Processes;
using VideoVoice.Sample;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>The real sample in a process of its own, with its output piped. Disposing kills it, if it still lives.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly string[] s_servers = ["ConnectionStrings__", "VideoVoice__", "POSTGRES_", "DATABASE_NAME"];

    private readonly Process _process;
    private readonly StringBuilder _read = new();

    private SampleProcess(Process process) => _process = process;

    internal static string Assembly { get; } = typeof(Cloner).Assembly.Location;

    internal int Id => _process.Id;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Its current folder.</param>
    /// <param name="environment">Variables to set; those that name a server are removed first.</param>
    /// <param name="arguments">Its arguments.</param>
    internal static SampleProcess Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        StartProgram(ChildProcess.Dotnet, ["exec", Assembly, .. arguments], folder, environment);

    internal static SampleProcess StartProgram(string program, string[] arguments, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = folder,
        };
        foreach (var name in start.Environment.Keys.Where(name => s_servers.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Starts it and waits for its end.</summary>
    internal static async Task<SampleResult> RunAsync(
        string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken, params string[] arguments)
    {
        using var sample = Start(folder, environment, arguments);
        return await sample.EndAsync(cancellationToken);
    }

    /// <summary>Reads its output up to the first line that contains a text.</summary>
    internal async Task<string> ReadToAsync(string text, CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            _read.AppendLine(line);
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }

        throw new InvalidOperationException($"It ended without '{text}'. {_read} {await _process.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    /// <summary>Waits for its end.</summary>
    internal async Task<SampleResult> EndAsync(CancellationToken cancellationToken)
    {
        var error = _process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return new SampleResult(_process.ExitCode, _read + output, await error);
    }

    internal Task SignalAsync(string signal, CancellationToken cancellationToken) => ChildProcess.SignalAsync(signal, Id, cancellationToken);

    /// <summary>SIGKILL to this process alone.</summary>
    internal void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

/// <summary>What a process that has ended wrote.</summary>
internal sealed record SampleResult(int ExitCode, string Output, string Error)
{
    internal string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The rows of the table, without its head: the texts of their cells.</summary>
    internal string[][] Rows => [.. Lines.Where(line => line.StartsWith('│')).Skip(1).Select(line => line.Trim('│').Split('│', StringSplitOptions.TrimEntries))];
}
