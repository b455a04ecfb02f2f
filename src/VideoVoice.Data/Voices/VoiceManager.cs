using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <summary>
/// The table <c>voices</c>. Each method runs the statement of its name in <c>sql/voices</c>, on a connection of its own or in the caller's transaction.
/// Thread-safe; make one per process.
/// </summary>
public sealed partial class VoiceManager : IAsyncDisposable, IDisposable
{
    /// <summary>The last place in a conversation. With the longest <see cref="VideoVoiceOptions.QueueStep"/> it is queued 114 years after the first.</summary>
    public const int MaxPosition = 999_999;

    private readonly Database _database;
    private readonly VideoVoiceOptions _options;
    private readonly Poller _poller;
    private readonly ClaimCursor _cursor = new();

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">Defaults of new requests and how to wait; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost listener is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public VoiceManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<VoiceManager>? logger = null)
        : this(new Database(dataSource, VideoVoiceOptionsValidator.Checked(options), logger), options ?? new VideoVoiceOptions(), logger)
    {
    }

    internal VoiceManager(
        Database database, VideoVoiceOptions options, ILogger<VoiceManager>? logger, Func<NpgsqlConnection, TimeSpan, CancellationToken, Task<bool>>? wait = null)
    {
        _database = database;
        _options = options;
        _poller = new Poller(database, options, logger ?? NullLogger<VoiceManager>.Instance, wait);
    }

    /// <summary>
    /// Ends all waits with an <see cref="ObjectDisposedException"/>, closes the listening connection and notifies sleeping processes of what is left.
    /// It takes less than 3 seconds, whatever state the connections are in.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _poller.DisposeAsync().ConfigureAwait(false);
        await _database.Notifier.DisposeAsync().ConfigureAwait(false);
    }

    internal Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken) =>
        _database.InTimeAsync(call, limit, cancellationToken);

    internal bool IsAsleep => _poller.IsAsleep;

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are not disposed of asynchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Creates one request in state pending (<c>create_voice_request.sql</c>).</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="characterName">Who speaks, 1 to 100 characters.</param>
    /// <param name="textContent">What is said; not empty.</param>
    /// <param name="voiceMappingId">The mapping of the voice; null takes the one that the character's name resolves to now or, where there is none yet, when the request is claimed.</param>
    /// <param name="position">Place in the conversation, 0 to <see cref="MaxPosition"/>; null comes after all that have one, in the order of creation.</param>
    /// <param name="id">The id to use; repeating a create with the same id, or for a position that is taken, changes nothing. Null makes a new version 7 UUID.</param>
    /// <param name="maxAttempts">Attempts before the request fails for good, 1 to 1,000; null takes <see cref="VideoVoiceOptions.MaxAttempts"/>.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The request's id; with a position that is taken, the id of the request that stands there (<c>get_voice_at_position.sql</c>).</returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds U+0000 or half a surrogate pair; an id is all zeros; a number is out of its range.</exception>
    /// <exception cref="ParentNotFoundException">There is no such video or mapping.</exception>
    public async Task<Guid> CreateVoiceRequestAsync(
        Guid videoId,
        string characterName,
        string textContent,
        Guid? voiceMappingId = null,
        int? position = null,
        Guid? id = null,
        int? maxAttempts = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        using var activity = Telemetry.StartCreate(1);
        var request = new
        {
            id = Check.OptionalId(id) ?? Guid.CreateVersion7(),
            videoId = Check.Id(videoId),
            voiceMappingId = Check.OptionalId(voiceMappingId),
            characterName = Check.Text(characterName, 100),
            textContent = Check.Text(textContent),
            position = position is null ? position : Check.Range(position.Value, 0, MaxPosition, nameof(position)),
            queueStep = _options.QueueStep.TotalSeconds,
            maxAttempts = Check.Range(maxAttempts ?? _options.MaxAttempts, 1, 1000, nameof(maxAttempts)),
            traceParent = Telemetry.TraceParent(activity),
        };
        var created = await _database.ExecuteAsync("voices/create_voice_request", request, transaction, cancellationToken).ConfigureAwait(false);
        await CreatedAsync(created, transaction, cancellationToken).ConfigureAwait(false);
        return created == 0 && position is { } taken && await GetVoiceAtPositionAsync(videoId, taken, transaction, cancellationToken).ConfigureAwait(false) is { } there
            ? there.Id
            : request.id;
    }

    /// <summary>Creates all requests of a video in one statement, in the order of the list (<c>create_voice_requests.sql</c>). Harmless when repeated.</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="requests">The conversation; the place in the list is the position. An empty list does nothing.</param>
    /// <param name="maxAttempts">Attempts before a request fails for good, 1 to 1,000; null takes <see cref="VideoVoiceOptions.MaxAttempts"/>.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>How many were created: fewer than the list has when positions of the video were taken already; those rows stay as they are.</returns>
    /// <exception cref="ArgumentException">As for one request; the message names the request. Nothing is written.</exception>
    /// <exception cref="ParentNotFoundException">There is no such video or mapping. Nothing is written.</exception>
    public async Task<int> CreateVoiceRequestsAsync(
        Guid videoId,
        IReadOnlyList<NewVoiceRequest> requests,
        int? maxAttempts = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        var columns = NewVoiceRequests.Check(requests);
        using var activity = Telemetry.StartCreate(requests.Count);
        var created = await _database.ExecuteAsync(
            "voices/create_voice_requests",
            new
            {
                videoId = Check.Id(videoId),
                columns.ids,
                columns.voiceMappingIds,
                columns.characterNames,
                columns.textContents,
                queueStep = _options.QueueStep.TotalSeconds,
                maxAttempts = Check.Range(maxAttempts ?? _options.MaxAttempts, 1, 1000, nameof(maxAttempts)),
                traceParent = Telemetry.TraceParent(activity),
            },
            transaction,
            cancellationToken).ConfigureAwait(false);
        await CreatedAsync(created, transaction, cancellationToken).ConfigureAwait(false);
        return created;
    }

    /// <summary>
    /// Creates a video and all its requests in one statement (<c>create_video_with_voices.sql</c>): all of it is there or nothing. Harmless when repeated with
    /// the same id: what is there stays, and what is missing is added.
    /// </summary>
    /// <param name="title">Title, 1 to 255 characters.</param>
    /// <param name="requests">The conversation; the place in the list is the position. An empty list makes a video without voices.</param>
    /// <param name="description">Free text, or null.</param>
    /// <param name="backgroundVideoPath">Path, 1 to 500 characters, or null.</param>
    /// <param name="metadata">Valid JSON, or null.</param>
    /// <param name="id">The video's id; null makes a new version 7 UUID.</param>
    /// <param name="priority">Requests of a video with a higher number are claimed first; up to <see cref="VideoManager.MaxPriority"/> above or below 0.</param>
    /// <param name="maxAttempts">Attempts before a request fails for good, 1 to 1,000; null takes <see cref="VideoVoiceOptions.MaxAttempts"/>.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The video's id.</returns>
    /// <exception cref="ArgumentException">As for a video and for one request; the message names the request. Nothing is written.</exception>
    /// <exception cref="ParentNotFoundException">There is no such mapping. Nothing is written.</exception>
    public async Task<Guid> CreateVideoWithVoicesAsync(
        string title,
        IReadOnlyList<NewVoiceRequest> requests,
        string? description = null,
        string? backgroundVideoPath = null,
        string? metadata = null,
        Guid? id = null,
        int priority = 0,
        int? maxAttempts = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        var columns = NewVoiceRequests.Check(requests);
        using var activity = Telemetry.StartCreate(requests.Count);
        var video = new
        {
            videoId = Check.OptionalId(id, nameof(id)) ?? Guid.CreateVersion7(),
            title = Check.Text(title, 255),
            description = Check.Value(description),
            backgroundVideoPath = Check.OptionalText(backgroundVideoPath, 500),
            metadata = Check.Json(metadata),
            priority = Check.Range(priority, -VideoManager.MaxPriority, VideoManager.MaxPriority),
            columns.ids,
            columns.voiceMappingIds,
            columns.characterNames,
            columns.textContents,
            queueStep = _options.QueueStep.TotalSeconds,
            maxAttempts = Check.Range(maxAttempts ?? _options.MaxAttempts, 1, 1000, nameof(maxAttempts)),
            traceParent = Telemetry.TraceParent(activity),
        };
        var created = await _database.ScalarAsync<bool>("voices/create_video_with_voices", video, transaction, cancellationToken).ConfigureAwait(false)
            ? requests.Count
            : await _database.ExecuteAsync("voices/create_voice_requests", video, transaction, cancellationToken).ConfigureAwait(false);
        await CreatedAsync(created, transaction, cancellationToken).ConfigureAwait(false);
        return video.videoId;
    }

    /// <summary>Reads one request (<c>get_voice.sql</c>).</summary>
    /// <returns>The request, or null when there is none of that id.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<Voice?> GetVoiceAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<Voice>("voices/get_voice", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>Reads the request at a place of a video's conversation (<c>get_voice_at_position.sql</c>).</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="position">The place, from 0.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The request, or null when there is no such video or no request at the place.</returns>
    /// <exception cref="ArgumentException">The id is all zeros, or the position is out of its range.</exception>
    public Task<Voice?> GetVoiceAtPositionAsync(Guid videoId, int position, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<Voice>(
            "voices/get_voice_at_position", new { videoId = Check.Id(videoId), position = Check.Range(position, 0, MaxPosition) }, transaction, cancellationToken);

    /// <summary>The requests of a video in the order of its conversation (<c>list_voices.sql</c>).</summary>
    /// <returns>All of them; an empty list when the video has none or does not exist.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<IReadOnlyList<Voice>> ListVoicesAsync(Guid videoId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<Voice>("voices/list_voices", new { videoId = Check.Id(videoId) }, transaction, cancellationToken);

    /// <summary>
    /// The requests that may start now, with their mapping's voice_file and voice_id (<c>list_pending_voices.sql</c>). It only looks:
    /// two readers see the same rows, and <see cref="StartVoiceProcessingAsync"/> tells them apart.
    /// </summary>
    /// <param name="limit">Most rows to return, 1 to 10,000.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>At most <paramref name="limit"/> requests: highest priority first, then by place in the queue.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    public Task<IReadOnlyList<VoiceRequest>> ListPendingVoicesAsync(
        int limit = 100, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VoiceRequest>("voices/list_pending_voices", new { limit = Check.Limit(limit) }, transaction, cancellationToken);

    /// <summary>The audio of the completed requests of a video in the order of its conversation (<c>list_completed_audio_paths.sql</c>).</summary>
    /// <returns>One entry for each completed request; an empty list when there is none.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<IReadOnlyList<CompletedAudio>> ListCompletedAudioPathsAsync(
        Guid videoId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<CompletedAudio>("voices/list_completed_audio_paths", new { videoIds = new[] { Check.Id(videoId) } }, transaction, cancellationToken);

    // Those who wait for a video's voices are not told: more of them end no wait, and a notification for each process costs the writers a third of their speed.
    private Task CreatedAsync(int created, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        Telemetry.Created.Add(created);
        return created > 0 ? _database.Notifier.NotifyAsync(created, [], [], transaction, cancellationToken) : Task.CompletedTask;
    }
}
