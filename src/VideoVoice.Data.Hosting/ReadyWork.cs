namespace VideoVoice.Data.Hosting;

/// <summary>
/// Puts the caller behind all that the thread pool has ready to run, so that one statement serves all of it. Task.Yield does not: it queues to the
/// thread's own queue, which runs before the others.
/// </summary>
internal static class ReadyWork
{
    internal static Task RunFirstAsync() =>
        Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
}
