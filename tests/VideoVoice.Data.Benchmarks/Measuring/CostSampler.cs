using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>Reads the server's cost all the time, for a contender that times its work itself, in another process, and says afterwards when that was.</summary>
internal sealed class CostSampler : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    private readonly List<(DateTimeOffset At, ServerCost Cost)> _samples = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sampling;

    internal CostSampler(TestDatabase database) => _sampling = Task.Run(async () =>
    {
        var known = new Dictionary<string, double>();
        while (!_stopping.IsCancellationRequested)
        {
            _samples.Add((DateTimeOffset.UtcNow, await ServerCost.ReadAsync(database, known)));
            await Task.Delay(s_interval, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _samples.Add((DateTimeOffset.UtcNow, await ServerCost.ReadAsync(database, known)));
    });

    /// <summary>Between two times, interpolated.</summary>
    internal async Task<ServerCost> BetweenAsync(DateTimeOffset start, DateTimeOffset end)
    {
        await DisposeAsync();
        return At(end) - At(start);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sampling;
    }

    private ServerCost At(DateTimeOffset time)
    {
        var next = Math.Clamp(_samples.FindIndex(s => s.At >= time) is var found && found < 0 ? _samples.Count - 1 : found, 1, _samples.Count - 1);
        var ((before, earlier), (after, later)) = (_samples[next - 1], _samples[next]);
        var share = Math.Clamp((time - before) / (after - before), 0, 1);
        var cost = later - earlier;
        return new ServerCost(earlier.Microseconds + (share * cost.Microseconds), earlier.WalBytes + (share * cost.WalBytes));
    }
}
