using Npgsql;
using NpgsqlTypes;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Rivals;

/// <summary>The library's statements through Npgsql alone, as one writes it by hand: typed parameters, columns by their number, the same records.</summary>
internal sealed class RawVoices(NpgsqlDataSource dataSource)
{
    private static readonly string s_get = Sql.Get("voices/get_voice");
    private static readonly string s_create = Sql.Get("voices/create_voice_request");
    private static readonly string s_claim = Sql.Get("voices/claim_voices");
    private static readonly string s_complete = Sql.Get("voices/complete_voices");

    // The cursor, as the library keeps it: where the last request stood that was taken here.
    private volatile VoiceRequest? _cursor;

    internal async Task<Voice?> GetAsync(Guid id)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(s_get, connection) { Parameters = { new NpgsqlParameter<Guid>("id", id) } };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new Voice
            {
                Id = reader.GetGuid(0),
                VideoId = reader.GetGuid(1),
                VoiceMappingId = reader.IsDBNull(2) ? null : reader.GetGuid(2),
                Position = reader.IsDBNull(3) ? null : reader.GetInt32(3),
                CharacterName = reader.IsDBNull(4) ? null : reader.GetString(4),
                TextContent = reader.GetString(5),
                Status = Enum.Parse<VoiceStatus>(reader.GetString(6), ignoreCase: true),
                OutputAudioPath = reader.IsDBNull(7) ? null : reader.GetString(7),
                IsLocalStorage = reader.GetBoolean(8),
                RemoteStoragePath = reader.IsDBNull(9) ? null : reader.GetString(9),
                ErrorMessage = reader.IsDBNull(10) ? null : reader.GetString(10),
                Priority = reader.GetInt32(11),
                Attempt = reader.GetInt32(12),
                MaxAttempts = reader.GetInt32(13),
                WorkerId = reader.IsDBNull(14) ? null : reader.GetString(14),
                LeaseExpiresAt = Time(reader, 15),
                QueueAt = Time(reader, 16),
                AvailableAt = Time(reader, 17),
                ProcessingStartedAt = Time(reader, 18),
                ProcessingCompletedAt = Time(reader, 19),
                CreatedAt = Time(reader, 20) ?? default,
                UpdatedAt = Time(reader, 21) ?? default,
            }
            : null;
    }

    internal async Task<Guid> CreateAsync(Guid videoId, string characterName, string textContent)
    {
        var id = Guid.CreateVersion7();
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(s_create, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid>("id", id),
                new NpgsqlParameter<Guid>("videoId", videoId),
                new NpgsqlParameter("voiceMappingId", NpgsqlDbType.Uuid) { Value = DBNull.Value },
                new NpgsqlParameter<string>("characterName", characterName),
                new NpgsqlParameter<string>("textContent", textContent),
                new NpgsqlParameter("position", NpgsqlDbType.Integer) { Value = DBNull.Value },
                new NpgsqlParameter<double>("queueStep", 1),
                new NpgsqlParameter<int>("maxAttempts", 3),
                new NpgsqlParameter("traceParent", NpgsqlDbType.Text) { Value = DBNull.Value },
            },
        };
        await command.ExecuteNonQueryAsync();
        return id;
    }

    internal async Task<List<VoiceRequest>> ClaimAsync(int limit)
    {
        var cursor = _cursor;
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(s_claim, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string>("workerId", "benchmark"),
                new NpgsqlParameter("claimId", NpgsqlDbType.Uuid) { Value = DBNull.Value },
                new NpgsqlParameter<int>("limit", limit),
                new NpgsqlParameter<double>("leaseSeconds", 60),
                new NpgsqlParameter<int>("cursorPriority", cursor is null ? int.MinValue : -cursor.Priority),
                new NpgsqlParameter<DateTimeOffset>("cursorQueued", cursor?.QueueAt ?? DateTimeOffset.UnixEpoch),
                new NpgsqlParameter<Guid>("cursorId", cursor?.Id ?? Guid.Empty),
            },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var requests = new List<VoiceRequest>();
        while (await reader.ReadAsync())
        {
            requests.Add(new VoiceRequest
            {
                Id = reader.GetGuid(0),
                VideoId = reader.GetGuid(1),
                Position = reader.IsDBNull(2) ? null : reader.GetInt32(2),
                CharacterName = reader.IsDBNull(3) ? null : reader.GetString(3),
                TextContent = reader.GetString(4),
                Attempt = reader.GetInt32(5),
                MaxAttempts = reader.GetInt32(6),
                Priority = reader.GetInt32(7),
                TraceParent = reader.IsDBNull(8) ? null : reader.GetString(8),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(9),
                QueueAt = Time(reader, 10),
                WaitedSeconds = reader.GetDouble(11),
                VoiceMappingId = reader.IsDBNull(12) ? null : reader.GetGuid(12),
                MappingVoiceId = reader.IsDBNull(13) ? null : reader.GetString(13),
                VoiceFile = reader.IsDBNull(14) ? null : reader.GetString(14),
                Language = reader.IsDBNull(15) ? null : reader.GetString(15),
            });
        }

        _cursor = requests.Count == limit ? requests[^1] : null;

        return requests;
    }

    /// <summary>Whether the attempt held its lease.</summary>
    internal async Task<bool> CompleteAsync(VoiceFence fence, string outputAudioPath)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(s_complete, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]>("ids", [fence.VoiceId]),
                new NpgsqlParameter<int[]>("attempts", [fence.Attempt]),
                new NpgsqlParameter<string[]>("outputAudioPaths", [outputAudioPath]),
                new NpgsqlParameter<bool[]>("areLocalStorage", [true]),
                new NpgsqlParameter<string?[]>("remoteStoragePaths", [null]),
            },
        };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() && reader.GetInt32(1) == fence.Attempt;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
