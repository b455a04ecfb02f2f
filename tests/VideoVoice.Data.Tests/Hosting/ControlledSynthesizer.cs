using System.Threading.Channels;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Hands each request to the test, which ends it.</summary>
internal sealed class ControlledSynthesizer : IVoiceSynthesizer
{
    private readonly Channel<RunningSynthesis> _syntheses = Channel.CreateUnbounded<RunningSynthesis>();
    private int _claims;
    private int _begun;

    /// <summary>How often the worker was about to claim.</summary>
    internal int Claims => Volatile.Read(ref _claims);

    /// <summary>How many requests were begun.</summary>
    internal int Begun => Volatile.Read(ref _begun);

    /// <summary>Whether a cancelled token ends a request. Read when a request begins.</summary>
    internal bool HeedsToken { get; init; } = true;

    public IReadOnlyCollection<Guid> LoadedVoiceMappingIds
    {
        get
        {
            Interlocked.Increment(ref _claims);
            return [];
        }
    }

    public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token)
    {
        Interlocked.Increment(ref _begun);
        var synthesis = new RunningSynthesis(request, HeedsToken, token);
        _syntheses.Writer.TryWrite(synthesis);
        return synthesis.Result;
    }

    /// <summary>The next request that the worker has begun.</summary>
    internal Task<RunningSynthesis> NextAsync(CancellationToken cancellationToken) =>
        _syntheses.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
}

/// <summary>A request that is being synthesized.</summary>
internal sealed class RunningSynthesis
{
    private readonly TaskCompletionSource<SynthesizedVoice> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RunningSynthesis(VoiceRequest request, bool heedsToken, CancellationToken token)
    {
        Request = request;
        Token = token;
        token.Register(() =>
        {
            _cancelled.TrySetResult();
            if (heedsToken)
                _result.TrySetCanceled(token);
        });
    }

    internal VoiceRequest Request { get; }

    internal CancellationToken Token { get; }

    internal Task<SynthesizedVoice> Result => _result.Task;

    /// <summary>Ends when the worker has cancelled the request.</summary>
    internal Task CancelledAsync(CancellationToken cancellationToken) => _cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);

    internal void Finish() => _result.TrySetResult(new SynthesizedVoice($"/{Request.TextContent}-{Request.Attempt}.wav"));

    internal void Throw(Exception exception) => _result.TrySetException(exception);
}
