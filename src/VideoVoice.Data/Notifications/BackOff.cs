namespace VideoVoice.Data.Notifications;

/// <summary>The pause between two tries: 50 ms, doubled each time up to 5 s, times a random factor from 0.5 to 1.5, so that many processes do not reconnect at the same moment.</summary>
internal sealed class BackOff(TimeProvider time)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    private TimeSpan _next = s_first;

    internal void Reset() => _next = s_first;

    /// <summary>Ends early, and without an exception, when the token is cancelled.</summary>
    internal async Task DelayAsync(CancellationToken cancellationToken)
    {
        var pause = _next * (0.5 + Random.Shared.NextDouble());
        _next = _next * 2 < s_longest ? _next * 2 : s_longest;
        await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
