using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data;

/// <summary>
/// The table <c>videos</c>. Each method runs the statement of its name in <c>sql/videos</c>, on a connection of its own or in the caller's transaction.
/// Thread-safe; make one per process.
/// </summary>
public sealed partial class VideoManager : IAsyncDisposable, IDisposable
{
    /// <summary>The highest priority; the lowest is its negative.</summary>
    public const int MaxPriority = 1_000_000;

    private readonly Database _database;
    private readonly VideoVoiceOptions _options;
    private readonly Notifier _notifier;
    private readonly Notifier? _ownNotifier;

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public VideoManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<VideoManager>? logger = null)
        : this(new Database(dataSource, logger), VideoVoiceOptionsValidator.Checked(options, dataSource), notifier: null, logger)
    {
    }

    /// <param name="database">Runs the statements.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="notifier">That of the container; null makes one that the manager owns.</param>
    /// <param name="logger">Where a failed notification is reported; null is nowhere.</param>
    internal VideoManager(Database database, VideoVoiceOptions options, Notifier? notifier, ILogger<VideoManager>? logger)
    {
        _database = database;
        _options = options;
        _notifier = notifier ?? (_ownNotifier = new Notifier(database, options.Notifications, logger));
    }

    /// <summary>Notifies sleeping processes of what is left, in less than 3 seconds. In a container, where the managers share that, it does nothing.</summary>
    public ValueTask DisposeAsync() => _ownNotifier?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are not disposed of asynchronously.</summary>
    public void Dispose() => _ownNotifier?.Dispose();

    /// <summary>Reads one video (<c>get_video.sql</c>).</summary>
    /// <returns>The video, or null when there is none of that id.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<Video?> GetVideoAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<Video>("videos/get_video", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>A page of all videos, newest first (<c>list_videos.sql</c>).</summary>
    /// <param name="after">The <see cref="Video.Cursor"/> of the last video of the page before; null for the first page.</param>
    /// <param name="limit">Most rows to return, 1 to 10,000.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>At most <paramref name="limit"/> videos; an empty list at the end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    public Task<IReadOnlyList<Video>> ListVideosAsync(
        PageCursor? after = null, int limit = 100, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<Video>(
            "videos/list_videos",
            new { afterCreatedAt = after?.CreatedAt.ToUniversalTime(), afterId = after?.Id, limit = Check.Limit(limit) },
            transaction,
            cancellationToken);

    /// <summary>A page of the videos in one state, newest first (<c>list_videos_by_status.sql</c>).</summary>
    /// <param name="status">The state.</param>
    /// <param name="after">The <see cref="Video.Cursor"/> of the last video of the page before; null for the first page.</param>
    /// <param name="limit">Most rows to return, 1 to 10,000.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>At most <paramref name="limit"/> videos; an empty list at the end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range, or the status is undefined.</exception>
    public Task<IReadOnlyList<Video>> ListVideosByStatusAsync(
        VideoStatus status, PageCursor? after = null, int limit = 100, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<Video>(
            "videos/list_videos_by_status",
            new { status = Label(status), afterCreatedAt = after?.CreatedAt.ToUniversalTime(), afterId = after?.Id, limit = Check.Limit(limit) },
            transaction,
            cancellationToken);

    /// <summary>Moves a video along its state machine, and sets the WhatsApp image paths and the metadata where they are given (<c>update_video_status.sql</c>).</summary>
    /// <param name="id">The video.</param>
    /// <param name="status">The new state; the present one is allowed for pending and processing, to set the rest.</param>
    /// <param name="whatsappImagesPaths">Replaces the paths, in order; null leaves them.</param>
    /// <param name="metadata">Valid JSON that replaces the metadata; null leaves it.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.AlreadyFinished"/> (a completed video, or failed to failed or completed), <see cref="WriteOutcome.NotAllowed"/> (pending to completed, processing to pending) or <see cref="WriteOutcome.NotFound"/>. A repeat with the same values is <see cref="WriteOutcome.Applied"/> again and writes nothing in a final state.</returns>
    /// <exception cref="ArgumentException">The status is undefined, a path is null or empty, or the metadata is no JSON.</exception>
    public Task<WriteOutcome> UpdateVideoStatusAsync(
        Guid id,
        VideoStatus status,
        IReadOnlyCollection<string>? whatsappImagesPaths = null,
        string? metadata = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync(
            "videos/update_video_status",
            new
            {
                id = Check.Id(id),
                status = Label(status),
                whatsappImagesPaths = whatsappImagesPaths?.Select(path => Check.Text(path, null, nameof(whatsappImagesPaths))).ToArray(),
                metadata = Check.Json(metadata),
            },
            transaction,
            cancellationToken);

    /// <summary>Completes a video that is processing: output path and <c>completed_at</c> (<c>update_video_completed.sql</c>).</summary>
    /// <param name="id">The video.</param>
    /// <param name="outputVideoPath">Path of the finished video, 1 to 500 characters.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, also for a repeat with the same path; <see cref="WriteOutcome.AlreadyFinished"/> (failed, or completed with another path), <see cref="WriteOutcome.NotAllowed"/> (still pending) or <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    public Task<WriteOutcome> UpdateVideoCompletedAsync(
        Guid id, string outputVideoPath, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync(
            "videos/update_video_completed", new { id = Check.Id(id), outputVideoPath = Check.Text(outputVideoPath, 500) }, transaction, cancellationToken);

    /// <summary>Fails a video that is not finished, and keeps the error (<c>fail_video.sql</c>). Its voice requests go on.</summary>
    /// <param name="id">The video.</param>
    /// <param name="errorMessage">What went wrong; not empty.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, also for a repeat with the same message; <see cref="WriteOutcome.AlreadyFinished"/> (completed, or failed with another message) or <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    public Task<WriteOutcome> FailVideoAsync(
        Guid id, string errorMessage, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync(
            "videos/fail_video", new { id = Check.Id(id), errorMessage = Check.Text(errorMessage) }, transaction, cancellationToken);

    /// <summary>Fails a video and all of its voice requests that are still open (<c>cancel_video.sql</c>), 5,000 in a statement: when the call breaks off, repeat it. A worker that holds one of them learns it at its next heartbeat.</summary>
    /// <param name="id">The video.</param>
    /// <param name="reason">Kept as the error of the video and of each request; not empty.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns><see cref="WriteOutcome.Applied"/>, also for a repeat with the same reason; <see cref="WriteOutcome.AlreadyFinished"/> (completed, or failed for another reason with nothing open) or <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The reason is empty.</exception>
    public async Task<WriteOutcome> CancelVideoAsync(
        Guid id, string reason = "Cancelled.", NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var batch = new { id = Check.Id(id), reason = Check.Text(reason), batchSize = Database.BatchSize };
        var row = await CancelAsync().ConfigureAwait(false);
        var outcome = Database.ToOutcome(row.Outcome);
        while (row.Voices == Database.BatchSize)
            row = await CancelAsync().ConfigureAwait(false);

        if (outcome == WriteOutcome.Applied)
            await _notifier.NotifyAsync(0, [], [id], transaction, cancellationToken).ConfigureAwait(false);
        return outcome;

        async Task<BatchRow> CancelAsync() =>
            (await _database.SingleOrDefaultAsync<BatchRow>("videos/cancel_video", batch, transaction, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Sets the priority of a video and of its requests that are not completed (<c>set_video_priority.sql</c>), 5,000 in a statement: when the call breaks off, repeat it.</summary>
    /// <param name="id">The video.</param>
    /// <param name="priority">A higher one is claimed first; up to <see cref="MaxPriority"/> above or below 0.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>False when there is no such video.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public async Task<bool> SetVideoPriorityAsync(Guid id, int priority, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var batch = new { id = Check.Id(id), priority = Check.Range(priority, -MaxPriority, MaxPriority), batchSize = Database.BatchSize };
        BatchRow row;
        do
        {
            row = (await _database.SingleOrDefaultAsync<BatchRow>("videos/set_video_priority", batch, transaction, cancellationToken).ConfigureAwait(false))!;
        }
        while (row.Voices == Database.BatchSize);
        return row.IsFound;
    }

    /// <summary>Deletes a video and, through its foreign key, its voice requests (<c>delete_video.sql</c>). Audio and video files stay.</summary>
    /// <returns>False when there was none of that id; so a repeat is false.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public async Task<bool> DeleteVideoAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        await _database.ExecuteAsync("videos/delete_video", new { id = Check.Id(id) }, transaction, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>
    /// Deletes videos that completed or failed long ago and have no open request, with their requests, in batches of a transaction each
    /// (<c>delete_finished_videos.sql</c>). It waits for nobody who works. Audio and video files stay.
    /// </summary>
    /// <param name="olderThan">How long ago they finished at least, 0 to 100 years, by the server's clock.</param>
    /// <param name="batchSize">Most videos of one batch, 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops between and within batches; what was deleted stays deleted.</param>
    /// <returns>How many videos were deleted; a repeat counts only what it deletes itself.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public async Task<int> DeleteFinishedVideosAsync(TimeSpan olderThan, int batchSize = 100, CancellationToken cancellationToken = default)
    {
        var olderThanSeconds = Check.Duration(olderThan, TimeSpan.Zero, TimeSpan.FromDays(36_525)).TotalSeconds;
        Check.Limit(batchSize);
        var total = 0;
        DeletedVideo? last = null;
        IReadOnlyList<DeletedVideo> deleted;
        do
        {
            var batch = new { olderThanSeconds, batchSize, afterCreatedAt = last?.CreatedAt, afterId = last?.Id };
            deleted = await _database.ListAsync<DeletedVideo>("videos/delete_finished_videos", batch, null, cancellationToken).ConfigureAwait(false);
            last = deleted.MaxBy(video => (video.CreatedAt, video.Id));
            total += deleted.Count;
        }
        while (deleted.Count == batchSize);
        return total;
    }

    /// <summary>What one batch of <c>cancel_video.sql</c> or <c>set_video_priority.sql</c> did.</summary>
    private sealed record BatchRow
    {
        public string? Outcome { get; init; }

        public bool IsFound { get; init; }

        public int Voices { get; init; }
    }

    /// <summary>A row that <c>delete_finished_videos.sql</c> returns.</summary>
    private sealed record DeletedVideo
    {
        public Guid Id { get; init; }

        public DateTimeOffset CreatedAt { get; init; }
    }

    // Dapper sends an enum as a number; the server takes the label.
    private static string Label(VideoStatus status) => Check.Defined(status).ToString().ToLowerInvariant();
}
