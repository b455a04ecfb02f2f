namespace VideoVoice.Data.Internal;

/// <summary>
/// Ends the wait for a call in time, whatever its connection does. Npgsql may lose a cancellation, and on a connection without a peer it waits for its own
/// time-outs, so the call is left to itself when it does not end.
/// </summary>
internal static class TimeLimit
{
    /// <exception cref="TimeoutException">The call did not end in time. It was cancelled and left to itself.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the call ended. It was cancelled and left to itself.</exception>
    internal static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        // Not linked to the caller's token, and without a timer of its own: a callback of Npgsql's may throw out of whatever cancels it.
        var cancellation = new CancellationTokenSource();
        var running = call(cancellation.Token);
        try
        {
            return await running.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
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
            // A callback on a connection that is closed already.
        }

        try
        {
            if (await running.ConfigureAwait(false) is IAsyncDisposable late)
                await late.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody waits for it any more.
        }
    }
}
