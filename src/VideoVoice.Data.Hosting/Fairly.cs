namespace VideoVoice.Data.Hosting;

/// <summary>Lets what is ready to run at this moment run first, so that one statement serves all of it. Task.Yield comes back before the others.</summary>
internal static class Fairly
{
    internal static Task YieldAsync() =>
        Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
}
