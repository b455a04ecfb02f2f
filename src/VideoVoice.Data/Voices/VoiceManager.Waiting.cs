using System.Runtime.CompilerServices;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <content>Waiting: one connection and one query an interval for a whole process, however many wait.</content>
public sealed partial class VoiceManager
{
    /// <summary>
    /// Waits until no voice of a video is pending or processing, and returns what there is. A video without voices is answered at once.
    /// Lost connections are waited out, also when the database is not there yet. It ends within milliseconds after a .NET worker finished the last voice, and
    /// within <see cref="VideoVoiceOptions.PollInterval"/> after a Python worker did; when a peer has gone without closing its connection, 5 seconds later.
    /// </summary>
    /// <param name="videoId">The video.</param>
    /// <param name="failFast">Whether to return at the first voice that failed for good.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The counts and the audio in order; null when there is no such video, or none any more.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    /// <exception cref="PostgresException">The first look met an error of class 42, such as a missing table or right, which no repeat cures. Every other error is logged, and the wait goes on.</exception>
    /// <exception cref="ObjectDisposedException">The manager or its data source was disposed of.</exception>
    public async Task<VoicesResult?> WaitForVoicesAsync(Guid videoId, bool failFast = false, CancellationToken cancellationToken = default)
    {
        using var activity = Telemetry.Source.StartActivity("wait_for_voices");
        await foreach (var status in WatchAsync(videoId, cancellationToken).ConfigureAwait(false))
        {
            if (status.PendingVoices == 0 || (failFast && status.FailedVoices > 0))
                return new VoicesResult { Status = status, Audio = await _poller.ReadAudioAsync(videoId, cancellationToken).ConfigureAwait(false) };
        }

        return null;
    }

    /// <summary>
    /// The progress of a video: its counts now, and again whenever they have changed; a slow reader skips states. It ends after the state in which no
    /// voice is pending or processing, and when the video is deleted. New voices show with the next change, or at the poll.
    /// </summary>
    /// <param name="videoId">The video; an unknown one gives nothing.</param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    /// <exception cref="PostgresException">The first look met an error of class 42, such as a missing table or right, which no repeat cures. Every other error is logged, and the wait goes on.</exception>
    /// <exception cref="ObjectDisposedException">The manager or its data source was disposed of.</exception>
    public IAsyncEnumerable<VideoProcessingStatus> WatchAsync(Guid videoId, CancellationToken cancellationToken = default) =>
        ProgressAsync(Check.Id(videoId), cancellationToken);

    /// <summary>
    /// Waits until a claim can find something: at once when a request can start now, else until a notification, the end of a retry's delay or of a
    /// lease, or a look at each <see cref="VideoVoiceOptions.PollInterval"/>. Another worker may be faster.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="PostgresException">As for <see cref="WaitForVoicesAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">The manager or its data source was disposed of.</exception>
    public Task WaitForWorkAsync(CancellationToken cancellationToken = default) => _poller.WaitForWorkAsync(cancellationToken);

    private async IAsyncEnumerable<VideoProcessingStatus> ProgressAsync(Guid videoId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subscription = _poller.Subscribe(videoId);
        try
        {
            while (await subscription.NextAsync(cancellationToken).ConfigureAwait(false) is { } status)
            {
                yield return status;
                if (status.PendingVoices == 0)
                    yield break;
            }
        }
        finally
        {
            _poller.Unsubscribe(subscription);
        }
    }
}
