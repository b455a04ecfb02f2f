namespace VideoVoice.Data.Hosting;

/// <summary>How many more requests a worker may start.</summary>
internal sealed class Capacity(int places) : IDisposable
{
    private readonly SemaphoreSlim _free = new(places);
    private int _transferred;

    /// <summary>Waits until a place is free and takes all that are.</summary>
    internal async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        await ReadyWork.RunFirstAsync().ConfigureAwait(false);
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

    /// <summary>So many requests have started in places that are about to be released: as many of the next releases free no place.</summary>
    internal void Transfer(int taken) => Interlocked.Add(ref _transferred, taken);

    internal void Release()
    {
        for (var transferred = Volatile.Read(ref _transferred); transferred > 0; transferred = Volatile.Read(ref _transferred))
        {
            if (Interlocked.CompareExchange(ref _transferred, transferred - 1, transferred) == transferred)
                return;
        }

        _free.Release();
    }

    public void Dispose() => _free.Dispose();
}
