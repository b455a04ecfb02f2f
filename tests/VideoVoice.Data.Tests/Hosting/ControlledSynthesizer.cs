using System.Threading.Channels;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Hands each line to the test, which ends it.</summary>
internal sealed class ControlledSynthesizer : IVoiceSynthesizer
{
    private readonly Channel<SpokenLine> _lines = Channel.CreateUnbounded<SpokenLine>();
    private int _claims;
    private int _lineCount;

    /// <summary>How often the worker was about to claim.</summary>
    internal int Claims => Volatile.Read(ref _claims);

    /// <summary>How many lines were begun.</summary>
    internal int Lines => Volatile.Read(ref _lineCount);

    /// <summary>Whether a cancelled token ends a line. Read when a line begins.</summary>
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
        Interlocked.Increment(ref _lineCount);
        var line = new SpokenLine(request, HeedsToken, token);
        _lines.Writer.TryWrite(line);
        return line.Result;
    }

    /// <summary>The next line that the worker has begun.</summary>
    internal Task<SpokenLine> NextAsync(CancellationToken cancellationToken) =>
        _lines.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
}

/// <summary>A line that is being spoken.</summary>
internal sealed class SpokenLine
{
    private readonly TaskCompletionSource<SynthesizedVoice> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SpokenLine(VoiceRequest request, bool heedsToken, CancellationToken token)
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

    /// <summary>Ends when the worker has cancelled the line.</summary>
    internal Task CancelledAsync(CancellationToken cancellationToken) => _cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);

    internal void Finish() => _result.TrySetResult(new SynthesizedVoice($"/{Request.TextContent}-{Request.Attempt}.wav"));

    internal void Throw(Exception exception) => _result.TrySetException(exception);
}
