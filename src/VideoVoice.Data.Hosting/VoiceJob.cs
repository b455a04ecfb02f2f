namespace VideoVoice.Data.Hosting;

/// <summary>A claimed request on its way through this process.</summary>
internal sealed class VoiceJob(VoiceRequest request, CancellationToken shutDownTimeOver) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = CancellationTokenSource.CreateLinkedTokenSource(shutDownTimeOver);
    private volatile bool _reporting;

    internal VoiceRequest Request { get; } = request;

    /// <summary>The synthesizer's token. Kept as a value: it is asked after the source is disposed of.</summary>
    internal CancellationToken Token => field == default ? field = _cancellation.Token : field;

    /// <summary>Ends without an exception, whatever became of the request.</summary>
    internal Task Running { get; set; } = Task.CompletedTask;

    /// <summary>Whether the result is on its way: from then on the row's state is this worker's own doing.</summary>
    internal bool Reporting
    {
        get => _reporting;
        set => _reporting = value;
    }

    /// <summary>Whether a heartbeat has found, while the result was on its way, that the request is another's or finished.</summary>
    internal bool LeaseIsLost { get; set; }

    /// <summary>Whether another request has begun in its place already, while its report is still on its way.</summary>
    internal bool PlaceTaken { get; set; }

    /// <summary>Whether the database has the result.</summary>
    internal bool Reported { get; set; }

    /// <summary>Cancels the token. What the synthesizer has registered on it runs elsewhere: it may block or throw.</summary>
    internal void Cancel()
    {
        try
        {
            _ = _cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It finished in this moment.
        }
    }

    public void Dispose() => _cancellation.Dispose();
}
