using Npgsql;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Voices;

namespace VideoVoice.Data;

/// <content>Creating videos, alone and with their requests.</content>
public sealed partial class VideoManager
{
    /// <summary>Creates a video in state pending (<c>create_video.sql</c>), as Python's create_video does.</summary>
    /// <param name="title">Title, 1 to 255 characters.</param>
    /// <param name="description">Free text, or null.</param>
    /// <param name="backgroundVideoPath">Path, 1 to 500 characters, or null.</param>
    /// <param name="metadata">Valid JSON, or null.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The id of the new video, a version 7 UUID.</returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds U+0000 or half a surrogate pair, or the metadata is no JSON.</exception>
    public async Task<Guid> CreateVideoAsync(
        string title,
        string? description = null,
        string? backgroundVideoPath = null,
        string? metadata = null,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default)
    {
        var video = new NewVideo(Check.Text(title, 255))
        {
            Description = Check.Value(description),
            BackgroundVideoPath = Check.OptionalText(backgroundVideoPath, 500),
            Metadata = Check.Json(metadata),
        };
        return (await CreateAsync(video, transaction, cancellationToken).ConfigureAwait(false)).Id;
    }

    /// <summary>Creates a video in state pending (<c>create_video.sql</c>), with a priority or an id of the caller's. Harmless when repeated with the same id.</summary>
    /// <param name="video">The video.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The new video; or the one that was there with the same id, which stays as it is.</returns>
    /// <exception cref="ArgumentException">A text is empty, too long, or holds U+0000 or half a surrogate pair; the metadata is no JSON; the id is all zeros; the priority is out of its range.</exception>
    public Task<CreateResult> CreateVideoAsync(NewVideo video, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(video);
        return CreateAsync(video.Checked(nameof(video)), transaction, cancellationToken);
    }

    /// <summary>Creates a video and all its requests in one statement (<c>create_video_with_voices.sql</c>): all of it is there or nothing.</summary>
    /// <param name="title">Title, 1 to 255 characters.</param>
    /// <param name="requests">The conversation; the place in the list is the position. An empty list makes a video without voices.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The id of the new video, a version 7 UUID.</returns>
    /// <exception cref="ArgumentException">The title is empty or too long; or as for one request: the message names the request. Nothing is written.</exception>
    /// <exception cref="ParentNotFoundException">There is no such mapping. Nothing is written.</exception>
    public async Task<Guid> CreateVideoWithVoicesAsync(
        string title, IReadOnlyList<NewVoiceRequest> requests, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        (await CreateWithVoicesAsync(new NewVideo(Check.Text(title, 255)), requests, transaction, cancellationToken).ConfigureAwait(false)).Id;

    /// <summary>
    /// Creates a video and all its requests in one statement (<c>create_video_with_voices.sql</c>): all of it is there or nothing. Harmless when repeated with
    /// the same id: what is there stays, and what is missing is added (<c>create_voice_requests.sql</c>).
    /// </summary>
    /// <param name="video">The video.</param>
    /// <param name="requests">The conversation; the place in the list is the position. An empty list makes a video without voices.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The new video; or the one that was there with the same id.</returns>
    /// <exception cref="ArgumentException">As for a video and for one request; the message names the request. Nothing is written.</exception>
    /// <exception cref="ParentNotFoundException">There is no such mapping. Nothing is written.</exception>
    public Task<CreateResult> CreateVideoWithVoicesAsync(
        NewVideo video, IReadOnlyList<NewVoiceRequest> requests, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(video);
        return CreateWithVoicesAsync(video.Checked(nameof(video)), requests, transaction, cancellationToken);
    }

    private async Task<CreateResult> CreateAsync(NewVideo video, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var id = video.Id ?? Guid.CreateVersion7();
        var created = await _database.ExecuteAsync(
            "videos/create_video",
            new { id, video.Title, video.Description, video.BackgroundVideoPath, video.Metadata, video.Priority },
            transaction,
            cancellationToken).ConfigureAwait(false);
        return new CreateResult(id, created > 0);
    }

    private async Task<CreateResult> CreateWithVoicesAsync(
        NewVideo video, IReadOnlyList<NewVoiceRequest> requests, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        var columns = NewVoiceRequests.Columns(requests, _options);
        using var activity = Telemetry.StartCreate(requests.Count);
        var row = new
        {
            videoId = video.Id ?? Guid.CreateVersion7(),
            video.Title,
            video.Description,
            video.BackgroundVideoPath,
            video.Metadata,
            video.Priority,
            columns.ids,
            columns.voiceMappingIds,
            columns.characterNames,
            columns.textContents,
            columns.maxAttempts,
            queueStep = _options.QueueStep.TotalSeconds,
            traceParent = Telemetry.TraceParent(activity),
        };
        var created = await _database.ScalarAsync<bool>("videos/create_video_with_voices", row, transaction, cancellationToken).ConfigureAwait(false);
        var requestsCreated = created
            ? requests.Count
            : await _database.ExecuteAsync("voices/create_voice_requests", row, transaction, cancellationToken).ConfigureAwait(false);
        await _notifier.NotifyCreatedAsync(requestsCreated, transaction, cancellationToken).ConfigureAwait(false);
        return new CreateResult(row.videoId, created);
    }
}
