using System.Runtime.CompilerServices;
using VideoVoice.Data;

namespace VideoVoice.Sample;

/// <summary>Follows the voices of a video by asking again and again.</summary>
internal sealed class VoiceProgress(StatusManager status)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Yields the counts at once and after each change, and ends when no voice is pending or processing.</summary>
    /// <exception cref="SampleException">There is no such video.</exception>
    public async IAsyncEnumerable<VideoProcessingStatus> WatchAsync(Guid video, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        VideoProcessingStatus? last = null;
        while (true)
        {
            var now = video == Guid.Empty ? null : await status.GetVideoProcessingStatusAsync(video, cancellationToken: cancellationToken);
            if (now is null)
                throw new SampleException($"There is no video {video}.");
            if (now != last)
                yield return now;
            if (now.PendingVoices == 0)
                yield break;

            last = now;
            await Task.Delay(Interval, cancellationToken);
        }
    }
}
