namespace VideoVoice.Data.Hosting;

/// <summary>A claimed request that this process synthesizes and reports.</summary>
internal sealed class Synthesis(VoiceRequest request, CancellationToken shutDownTimeOver) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = CancellationTokenSource.CreateLinkedTokenSource(shutDownTimeOver);
    private volatile bool _reporting;

    internal VoiceRequest Request { get; } = request;

    /// <summary>The synthesizer's token. Kept as a value, because it is read after the source is disposed of.</summary>
    internal CancellationToken Token => field == default ? field = _cancellation.Token : field;

    /// <summary>Completes without an exception, whatever the outcome of the request.</summary>
    internal Task Completion { get; set; } = Task.CompletedTask;

    /// <summary>Whether the result is being reported: from then on this worker itself may have changed the row.</summary>
    internal bool Reporting
    {
        get => _reporting;
        set => _reporting = value;
    }

    /// <summary>Whether a heartbeat found, while the result was being reported, that the lease is lost or the request is finished.</summary>
    internal bool LeaseIsLost { get; set; }

    /// <summary>Whether another request has started in its place while its result is still being reported.</summary>
    internal bool PlaceTaken { get; set; }

    /// <summary>Whether the database has the result.</summary>
    internal bool Reported { get; set; }

    /// <summary>Cancels the token. The synthesizer's callbacks on it run on another thread, because they may block or throw.</summary>
    internal void Cancel()
    {
        try
        {
            _ = _cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has just finished.
        }
    }

    public void Dispose() => _cancellation.Dispose();
}
