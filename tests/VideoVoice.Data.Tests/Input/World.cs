using Dapper;
using Npgsql;

namespace VideoVoice.Data.Tests.Input;

/// <summary>Rows in such states that every method of every manager has something to read, to write and to delete.</summary>
internal sealed record World(Guid Video, Guid PendingVoice, Guid ProcessingVoice, Guid LeasedVoice, Guid Mapping, string VoiceId, string SettingKey)
{
    /// <summary>For calls that must not reach a database.</summary>
    public static World Nowhere { get; } = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "aluno", "key");

    public static async Task<World> CreateAsync(NpgsqlDataSource dataSource)
    {
        var name = Guid.NewGuid().ToString("N");
        var world = new World(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), name, name);
        await using var connection = await dataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into videos (id, title, status) values (@Video, 'World', 'processing');
            insert into voices (id, video_id, character_name, text_content, position, status, attempt, processing_started_at, lease_expires_at) values
                (@PendingVoice, @Video, 'Ana', 'Oi', 1000, 'pending', 0, null, null),
                (@ProcessingVoice, @Video, 'Ana', 'Oi', 1001, 'processing', 1, now() - interval '1 day', null),
                (@LeasedVoice, @Video, 'Ana', 'Oi', 1002, 'processing', 1, now(), now() + interval '1 minute'),
                (gen_random_uuid(), @Video, 'Ana', 'Oi', 1003, 'failed', 1, now(), null);
            insert into voice_mappings (id, voice_id, voice_name, voice_file, language) values (@Mapping, @VoiceId, 'World', 'world.wav', 'pt-br');
            insert into settings (setting_key, setting_value) values (@SettingKey, 'World');
            """,
            world);
        return world;
    }

    /// <summary>Differs when any row of any table does.</summary>
    public static async Task<string> FingerprintAsync(NpgsqlConnection connection) => (await connection.ExecuteScalarAsync<string>(
        """
        select md5(string_agg(r, '|' order by r))
        from (
            select v::text as r from videos v
            union all select v::text from voices v
            union all select m::text from voice_mappings m
            union all select s::text from settings s
        ) rows
        """))!;
}
