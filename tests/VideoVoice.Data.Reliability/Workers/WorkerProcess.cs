using System.Globalization;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Workers;

/// <summary>A worker of a run in a process of its own. It ends when its standard input does, or is killed.</summary>
internal static class WorkerProcess
{
    internal static TimeSpan Lease { get; } = TimeSpan.FromSeconds(3);

    internal static async Task RunAsync(string kind, string connectionString, string file, string seed)
    {
        using var history = new HistoryFile(file);
        TaskScheduler.UnobservedTaskException += (_, e) => history.AddError("No task observed", e.Exception);
        AppDomain.CurrentDomain.UnhandledException += (_, e) => history.AddError("The process ended by", e.ExceptionObject);
        var name = Path.GetFileNameWithoutExtension(file);
        var random = new Random(int.Parse(seed, CultureInfo.InvariantCulture));
        using var stopping = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            await stopping.CancelAsync();
        });
        await (kind switch
        {
            "hosted" => HostedWorker.RunAsync(connectionString, name, history, random, stopping.Token),
            "manual" => new ManualWorker(connectionString, name, history, random).RunAsync(stopping.Token),
            "plain" => new PlainWorker(connectionString, name, history, random).RunAsync(stopping.Token),
            _ => throw new ArgumentException($"There is no worker of kind {kind}.", nameof(kind)),
        });
        // A task whose exception nobody observes says so when it is collected.
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
