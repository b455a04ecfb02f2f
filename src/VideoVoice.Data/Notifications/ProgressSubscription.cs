using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace VideoVoice.Data.Notifications;

/// <summary>One waiter's view of one video: only the newest state is kept, so a slow reader skips what it missed.</summary>
internal sealed class ProgressSubscription(Guid videoId)
{
    private readonly Channel<VideoProcessingStatus?> _states =
        Channel.CreateBounded<VideoProcessingStatus?>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });

    private VideoProcessingStatus? _last;
    private bool _looked;
    private ExceptionDispatchInfo? _end;

    internal Guid VideoId { get; } = videoId;

    /// <summary>Whether a look has found a state, or found that there is no such video.</summary>
    internal bool WasOffered => _looked;

    /// <summary>The next state that differs from the one before; null when the video is gone.</summary>
    internal async ValueTask<VideoProcessingStatus?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _states.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException) when (_end is not null)
        {
            // Captured when the wait ended: thousands that throw one exception would each add to its stack trace.
            _end.Throw();
            throw;
        }
    }

    internal void End(Exception reason)
    {
        _end ??= ExceptionDispatchInfo.Capture(reason);
        _states.Writer.TryComplete();
    }

    internal void Offer(VideoProcessingStatus? state)
    {
        if (_looked && state == _last)
            return;

        _looked = true;
        _last = state;
        _states.Writer.TryWrite(state);
    }
}
