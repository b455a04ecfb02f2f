using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Voices;

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
    private readonly Notifier _notifier;
    private readonly Notifier? _ownNotifier;
    private readonly Poller _poller;
    private readonly ClaimCursor _cursor;

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public VoiceManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<VoiceManager>? logger = null)
        : this(new Database(dataSource, logger), VideoVoiceOptionsValidator.Checked(options, dataSource), notifier: null, logger)
    {
    }

    /// <param name="database">Runs the statements.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="notifier">That of the container; null makes one that the manager owns.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <param name="wait">Instead of <see cref="Listener.Wait"/>, for tests.</param>
    internal VoiceManager(
        Database database,
        VideoVoiceOptions options,
        Notifier? notifier,
        ILogger<VoiceManager>? logger,
        Func<NpgsqlConnection, TimeSpan, CancellationToken, Task<bool>>? wait = null)
    {
        _database = database;
        _options = options;
        _notifier = notifier ?? (_ownNotifier = new Notifier(database, options.Notifications, logger));
        _cursor = new ClaimCursor(database.Time);
        _poller = new Poller(database, _notifier, _cursor, options, logger ?? NullLogger<VoiceManager>.Instance, wait);
    }

    /// <summary>
    /// Ends all waits with an <see cref="ObjectDisposedException"/>, closes the listening connection and notifies sleeping processes of what is left.
    /// It takes less than 3 seconds, whatever state the connections are in.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _poller.DisposeAsync().ConfigureAwait(false);
        if (_ownNotifier is not null)
            await _ownNotifier.DisposeAsync().ConfigureAwait(false);
    }

    internal Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken) =>
        _database.InTimeAsync(call, limit, cancellationToken);

    internal bool IsAsleep => _poller.IsAsleep;

    internal TimeProvider Time => _database.Time;

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are not disposed of asynchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Creates one request in state pending (<c>create_voice_request.sql</c>), as Python's create_voice_request does.</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="characterName">The character whose line it is, 1 to 100 characters.</param>
    /// <param name="textContent">The text to synthesize; not empty.</param>
    /// <param name="voiceMappingId">The mapping of the voice; null takes the one that the character's name resolves to now or, where there is none yet, when the request is claimed.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The id of the new request, a version 7 UUID.</returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds U+0000 or half a surrogate pair, or an id is all zeros.</exception>
    /// <exception cref="ParentNotFoundException">There is no such video or mapping.</exception>
    public async Task<Guid> CreateVoiceRequestAsync(
        Guid videoId,
        string characterName,
        string textContent,
        Guid? voiceMappingId = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default) =>
        (await CreateAsync(
            videoId,
            new NewVoiceRequest(Check.Text(characterName, 100), Check.Text(textContent), Check.OptionalId(voiceMappingId)),
            transaction,
            cancellationToken).ConfigureAwait(false)).Id;

    /// <summary>Creates one request in state pending (<c>create_voice_request.sql</c>), at a position or with an id of the caller's. Harmless when repeated.</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="request">The request.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>
    /// The new request; or the one that was there, with the same id or at the same position (<c>get_voice_at_position.sql</c>), which stays as it is.
    /// </returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds U+0000 or half a surrogate pair; an id is all zeros; a number is out of its range.</exception>
    /// <exception cref="ParentNotFoundException">There is no such video or mapping.</exception>
    public Task<CreateResult> CreateVoiceRequestAsync(
        Guid videoId, NewVoiceRequest request, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return CreateAsync(videoId, request.Checked(nameof(request)), transaction, cancellationToken);
    }

    /// <summary>Creates all requests of a video in one statement, in the order of the list (<c>create_voice_requests.sql</c>). Harmless when repeated.</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="requests">The conversation; the place in the list is the position. An empty list does nothing.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>How many were created: fewer than the list has when positions of the video were taken already; those rows stay as they are.</returns>
    /// <exception cref="ArgumentException">As for one request; the message names the request. Nothing is written.</exception>
    /// <exception cref="ParentNotFoundException">There is no such video or mapping. Nothing is written.</exception>
    public async Task<int> CreateVoiceRequestsAsync(
        Guid videoId, IReadOnlyList<NewVoiceRequest> requests, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        var columns = NewVoiceRequests.Columns(requests, _options);
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
                columns.maxAttempts,
                queueStep = _options.QueueStep.TotalSeconds,
                traceParent = Telemetry.TraceParent(activity),
            },
            transaction,
            cancellationToken).ConfigureAwait(false);
        await _notifier.NotifyCreatedAsync(created, transaction, cancellationToken).ConfigureAwait(false);
        return created;
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

    /// <summary>The requests of a video in the order of its conversation (<c>list_voices.sql</c>), a page of a long one.</summary>
    /// <param name="videoId">The video.</param>
    /// <param name="limit">Most rows to return, 1 to 10,000.</param>
    /// <param name="offset">How many to leave out before, 0 to 1,000,000.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>At most <paramref name="limit"/> requests; an empty list when the video has no more, or does not exist.</returns>
    /// <exception cref="ArgumentException">The id is all zeros, or a number is out of its range.</exception>
    public Task<IReadOnlyList<Voice>> ListVoicesAsync(
        Guid videoId, int limit = Check.MaxPage, int offset = 0, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<Voice>(
            "voices/list_voices",
            new { videoId = Check.Id(videoId), limit = Check.Limit(limit), offset = Check.Range(offset, 0, MaxPosition + 1) },
            transaction,
            cancellationToken);

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

    private async Task<CreateResult> CreateAsync(Guid videoId, NewVoiceRequest request, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.StartCreate(1);
        var row = new
        {
            id = request.Id ?? Guid.CreateVersion7(),
            videoId = Check.Id(videoId),
            request.VoiceMappingId,
            request.CharacterName,
            request.TextContent,
            request.Position,
            queueStep = _options.QueueStep.TotalSeconds,
            maxAttempts = request.MaxAttempts ?? _options.MaxAttempts,
            traceParent = Telemetry.TraceParent(activity),
        };
        var created = await _database.ExecuteAsync("voices/create_voice_request", row, transaction, cancellationToken).ConfigureAwait(false);
        await _notifier.NotifyCreatedAsync(created, transaction, cancellationToken).ConfigureAwait(false);
        // Not in the same statement: the row that the insert conflicted with may be newer than its snapshot.
        var taken = created == 0 && request.Position is { } position
            ? await GetVoiceAtPositionAsync(videoId, position, transaction, cancellationToken).ConfigureAwait(false)
            : null;
        return new CreateResult(taken?.Id ?? row.id, created > 0);
    }
}
