using Dapper;
using Npgsql;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Checking;

/// <summary>What the database says happened: each change of a request's state, written by a trigger in the transaction that made it.</summary>
internal static class AuditTrail
{
    // A change of a finished request counts whatever it changes, but for the priority that a failed one has when it is retried.
    private const string Install =
        """
        create schema audit;
        create table audit.transitions (
            nr bigint generated always as identity,
            video_id uuid not null,
            voice_id uuid not null,
            old_status text,
            new_status text,
            old_attempt integer not null,
            new_attempt integer not null,
            old_max_attempts integer not null,
            new_max_attempts integer not null,
            new_worker_id text,
            output_audio_path text
        );
        create index on audit.transitions (video_id);
        create function audit.record() returns trigger language plpgsql as $$
        begin
            insert into audit.transitions (video_id, voice_id, old_status, new_status, old_attempt, new_attempt, old_max_attempts, new_max_attempts, new_worker_id, output_audio_path)
            values (
                coalesce(new.video_id, old.video_id), coalesce(new.id, old.id), old.status, new.status, coalesce(old.attempt, 0), coalesce(new.attempt, 0),
                coalesce(old.max_attempts, 0), coalesce(new.max_attempts, 0), new.worker_id, new.output_audio_path);
            return null;
        end
        $$;
        create trigger record after insert or delete on public.voices for each row execute function audit.record();
        create trigger record_changes after update on public.voices for each row
            when (old.status is distinct from new.status or old.attempt <> new.attempt
                or old.status in ('completed', 'failed') and to_jsonb(old) - '{priority,updated_at}'::text[] <> to_jsonb(new) - '{priority,updated_at}'::text[]
                or (old.id, old.video_id, old.position, old.text_content, old.output_audio_path) is distinct from (new.id, new.video_id, new.position, new.text_content, new.output_audio_path))
            execute function audit.record();
        """;

    private const string Rows =
        """
        select v.id, v.video_id, v.position, v.text_content, v.status::text as status, v.attempt, v.max_attempts, v.output_audio_path, v.error_message,
            (v.processing_started_at is null or v.created_at <= v.processing_started_at)
                and (v.status <> 'completed' or v.processing_started_at <= v.processing_completed_at) as times_are_in_order
        from voices v
        where v.video_id = any(@videos)
        """;

    private const string Transitions =
        """
        select t.voice_id, t.old_status, t.new_status, t.old_attempt, t.new_attempt, t.old_max_attempts, t.new_max_attempts, t.new_worker_id,
            t.output_audio_path, t.video_id, (extract(epoch from pg_xact_commit_timestamp(t.xmin)) * 1000000000)::bigint - @offset as committed_at
        from audit.transitions t
        where t.video_id = any(@videos)
        order by t.nr
        """;

    private const string Statuses =
        """
        select s.video_id, s.video_status::text as video_status, s.total_voices, s.completed_voices, s.failed_voices, s.pending_voices
        from video_processing_status s
        where s.video_id = any(@videos)
        """;

    static AuditTrail() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    internal static async Task InstallAsync(NpgsqlDataSource dataSource)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(Install);
    }

    /// <summary>How much the server's clock is ahead of the monotonic one, in nanoseconds.</summary>
    internal static async Task<long> ReadOffsetAsync(NpgsqlConnection connection)
    {
        var best = (Took: long.MaxValue, Offset: 0L);
        for (var i = 0; i < 20; i++)
        {
            var before = HistoryFile.Now;
            var server = await connection.ExecuteScalarAsync<long>("select (extract(epoch from clock_timestamp()) * 1000000000)::bigint");
            var after = HistoryFile.Now;
            if (after - before < best.Took)
                best = (after - before, server - before / 2 - after / 2);
        }

        return best.Offset;
    }

    internal static async Task<(ILookup<Guid, VoiceRow> Rows, ILookup<Guid, Transition> Transitions, Dictionary<Guid, StatusRow> Statuses)> ReadAsync(NpgsqlConnection connection, Guid[] videos, long offset)
    {
        var rows = await connection.QueryAsync<VoiceRow>(Rows, new { videos });
        var transitions = await connection.QueryAsync<Transition>(Transitions, new { videos, offset });
        var statuses = await connection.QueryAsync<StatusRow>(Statuses, new { videos });
        return (rows.ToLookup(r => r.VideoId), transitions.ToLookup(t => t.VideoId), statuses.ToDictionary(s => s.VideoId));
    }
}
