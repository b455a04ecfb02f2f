namespace VideoVoice.Data.Hosting;

/// <summary>
/// Continues the caller after everything that the thread pool has ready to run, so that one statement serves all of it. Task.Yield does not: it uses the
/// thread's local queue, which runs first.
/// </summary>
internal static class ReadyWork
{
    internal static Task RunFirstAsync() =>
        Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
}
