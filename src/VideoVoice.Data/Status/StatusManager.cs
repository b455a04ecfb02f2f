using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data;

/// <summary>
/// What is going on, over videos and their voice requests. Each method runs the statement of its name in <c>sql/status</c>, on a connection of its
/// own or in the caller's transaction. Thread-safe; make one per process.
/// </summary>
public sealed class StatusManager
{
    private readonly Database _database;

    /// <summary>Tells the gauges of several databases of a process from each other.</summary>
    private readonly KeyValuePair<string, object?>[] _tags = [];

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public StatusManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<StatusManager>? logger = null)
        : this(new Database(dataSource, logger)) => VideoVoiceOptionsValidator.Checked(options, dataSource);

    internal StatusManager(Database database, string? key = null)
    {
        _database = database;
        if (key is not null)
            _tags = [new("videovoice.key", key)];
    }

    /// <summary>
    /// Whether somebody in this process listens to the gauges <c>videovoice.queue.depth</c> and <c>videovoice.queue.oldest_age</c>, which
    /// <see cref="GetQueueStatisticsAsync"/> sets. Of all voice workers of a database one reads them every 15 s then; a process without one has to.
    /// </summary>
    public static bool QueueIsMeasured => Telemetry.QueueDepth.Enabled || Telemetry.OldestAge.Enabled;

    /// <summary>The state and the counts of one video (<c>get_video_processing_status.sql</c>).</summary>
    /// <returns>The counts, or null when there is no such video.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<VideoProcessingStatus?> GetVideoProcessingStatusAsync(Guid videoId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<VideoProcessingStatus>("status/get_video_processing_status", new { videoId = Check.Id(videoId) }, transaction, cancellationToken);

    /// <summary>A page of all videos with their counts, newest first (<c>list_video_processing_status.sql</c>).</summary>
    /// <param name="after">The <see cref="VideoProcessingStatus.Cursor"/> of the last row of the page before; null for the first page.</param>
    /// <param name="limit">Most rows to return, 1 to 10,000.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>At most <paramref name="limit"/> rows; an empty list at the end.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    public Task<IReadOnlyList<VideoProcessingStatus>> ListVideoProcessingStatusAsync(
        PageCursor? after = null, int limit = 100, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VideoProcessingStatus>(
            "status/list_video_processing_status",
            new { afterCreatedAt = after?.CreatedAt.ToUniversalTime(), afterId = after?.Id, limit = Check.Limit(limit) },
            transaction,
            cancellationToken);

    /// <summary>Whether every voice request of a video is completed (<c>check_video_voices_completion.sql</c>).</summary>
    /// <returns>False, too, for a video without requests and for one that does not exist, as in Python.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public async Task<bool> CheckVideoVoicesCompletionAsync(Guid videoId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        await _database.ScalarAsync<bool>("status/check_video_voices_completion", new { videoId = Check.Id(videoId) }, transaction, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The queue: its depth and the age of its oldest request (<c>get_queue_statistics.sql</c>). Each count stops at <see cref="QueueStatistics.MaxCount"/>,
    /// so the cost follows neither the backlog nor the table.
    /// </summary>
    public async Task<QueueStatistics> GetQueueStatisticsAsync(NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var statistics = (await _database.SingleOrDefaultAsync<QueueStatistics>("status/get_queue_statistics", new { maxCount = QueueStatistics.MaxCount }, transaction, cancellationToken).ConfigureAwait(false))!;
        Telemetry.QueueDepth.Record(statistics.PendingVoices, _tags);
        Telemetry.OldestAge.Record(statistics.OldestPendingAgeSeconds ?? 0, _tags);
        return statistics;
    }

    /// <summary>Whether a process is the one that measures the queue for all; it is for so long after each call.</summary>
    internal async Task<bool> IsReaderAsync(string reader, TimeSpan time, CancellationToken cancellationToken) =>
        await _database.ScalarAsync<bool>("queue/elect_reader", new { reader, seconds = time.TotalSeconds }, null, cancellationToken).ConfigureAwait(false);

    /// <summary>Counts of all rows by state (<c>get_totals.sql</c>). Reads both tables whole: for people, not for a gauge.</summary>
    public async Task<Totals> GetTotalsAsync(NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        (await _database.SingleOrDefaultAsync<Totals>("status/get_totals", null, transaction, cancellationToken).ConfigureAwait(false))!;
}
