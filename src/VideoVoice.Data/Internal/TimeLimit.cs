namespace VideoVoice.Data.Internal;

/// <summary>
/// Waits for a call with a time limit that holds whatever its connection does. Npgsql may lose a cancellation, and on a connection without a peer it waits for
/// its own time-outs, so a call that does not end is abandoned. The limit
/// is one of real time, also in a process whose other times a test controls: it keeps waits and disposals from hanging.
/// </summary>
internal static class TimeLimit
{
    /// <exception cref="TimeoutException">The call did not end in time. It was cancelled and abandoned.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the call ended. It was cancelled and abandoned.</exception>
    internal static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        // Neither linked to the caller's token nor cancelled by a timer: a callback of Npgsql may throw to whoever cancels it.
        var cancellation = new CancellationTokenSource();
        var running = call(cancellation.Token);
        try
        {
            return await running.WaitAsync(limit, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!running.IsCompleted)
        {
            _ = LeaveAsync(running, cancellation);
            throw;
        }
    }

    private static async Task LeaveAsync<T>(Task<T> running, CancellationTokenSource cancellation)
    {
        try
        {
            await cancellation.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Thrown by a callback on a connection that is closed already.
        }

        try
        {
            if (await running.ConfigureAwait(false) is IAsyncDisposable late)
                await late.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The caller has stopped waiting.
        }
    }
}
