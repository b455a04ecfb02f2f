using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>The place of a worker process: when one is killed, the next one begins there under another name.</summary>
internal sealed class WorkerSlot : IDisposable
{
    private static readonly string[] s_kinds = ["hosted", "manual", "hosted", "hosted", "plain", "manual"];

    /// <summary>Hours by which the clock of the process is off.</summary>
    private static readonly int[] s_hoursOff = [0, 0, 7, -5, 0, -9];

    private readonly Cluster _cluster;
    private readonly int _number;
    private Process? _process;
    private int _generation;
    private bool _killed;

    /// <summary>One fault at a time: a stopped process is not killed and then continued.</summary>
    private readonly SemaphoreSlim _taken = new(1);

    internal WorkerSlot(Cluster cluster, int number) => (_cluster, _number) = (cluster, number);

    internal string Name => string.Create(CultureInfo.InvariantCulture, $"{s_kinds[_number % s_kinds.Length]}-{_number}-{_generation}");

    internal void Start()
    {
        _generation++;
        _killed = false;
        var description = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", Assembly.GetExecutingAssembly().Location, "worker", s_kinds[_number % s_kinds.Length], _cluster.ConnectionStringOf(_number), Path.Combine(_cluster.Folder, Name + ".log"), $"{_number + _generation}"])
        {
            RedirectStandardInput = true,
        };
        if (Faketime.IsInstalled && s_hoursOff[_number % s_hoursOff.Length] is not 0 and var hours)
            Faketime.Set(description, hours);
        _process?.Dispose();
        _process = Process.Start(description);
    }

    /// <summary>Kills the process at once.</summary>
    internal void Kill()
    {
        _killed = true;
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
    }

    internal async Task<IDisposable> TakeAsync()
    {
        await _taken.WaitAsync();
        return new Taken(_taken);
    }

    internal Task SignalAsync(string signal) => Server.RunAsync("kill", "-" + signal, _process!.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Asks the process to stop, as a host is asked, and returns what is wrong with its end; null when nothing is.</summary>
    internal async Task<string?> StopAsync(TimeSpan limit)
    {
        if (_process is null || _killed)
            return null;
        if (_process.HasExited)
            return $"{Name} ended by itself with exit code {_process.ExitCode}";

        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync(new CancellationTokenSource(limit).Token);
            return _process.ExitCode == 0 ? null : $"{Name} stopped with exit code {_process.ExitCode}";
        }
        catch (OperationCanceledException)
        {
            Kill();
            return $"{Name} did not stop within {limit.TotalSeconds} s";
        }
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
            Kill();
        _process?.Dispose();
        _taken.Dispose();
    }

    private sealed class Taken(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
