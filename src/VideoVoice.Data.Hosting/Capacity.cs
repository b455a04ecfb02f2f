namespace VideoVoice.Data.Hosting;

/// <summary>The places for requests in a worker. They are all alike.</summary>
internal sealed class Capacity(int places) : IDisposable
{
    private readonly SemaphoreSlim _free = new(places);
    private int _handedOn;

    /// <summary>Waits until a place is free and takes all that are.</summary>
    internal async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Fairly.YieldAsync().ConfigureAwait(false);
        var taken = 1;
        while (_free.Wait(0, CancellationToken.None))
            taken++;
        return taken;
    }

    /// <summary>Gives back what was taken and not used.</summary>
    internal void Return(int unused)
    {
        if (unused > 0)
            _free.Release(unused);
    }

    /// <summary>So many requests have begun in places that are about to be left: the next to leave leave them to those.</summary>
    internal void HandOn(int taken) => Interlocked.Add(ref _handedOn, taken);

    internal void Leave()
    {
        for (var handedOn = Volatile.Read(ref _handedOn); handedOn > 0; handedOn = Volatile.Read(ref _handedOn))
        {
            if (Interlocked.CompareExchange(ref _handedOn, handedOn - 1, handedOn) == handedOn)
                return;
        }

        _free.Release();
    }

    public void Dispose() => _free.Dispose();
}
