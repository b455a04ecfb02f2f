-- complete_voice_processing for many attempts at once: each counts only while it holds its lease, and one that repeats its own completion was applied.
-- Rows are locked by primary key, in id order, before their state is checked, so that two calls cannot deadlock. The full join is a left join that
-- the planner cannot do as a nested loop: it estimates few entries in the arrays, and the loop would read all of one for each entry of the other.
with voice as materialized (
    select v.id, v.status, v.attempt, v.lease_expires_at, v.output_audio_path, v.remote_storage_path
    from voices v
    where v.id = any(@ids::uuid[])
    order by v.id
    for update
),
fence as materialized (
    select
        f.id,
        f.nr,
        f.output_audio_path,
        f.remote_storage_path,
        case
            when voice.id is null then 'not_found'
            when voice.attempt <> f.attempt then 'lease_lost'
            when voice.status = 'completed' and voice.output_audio_path = f.output_audio_path
                and voice.remote_storage_path is not distinct from f.remote_storage_path then 'repeated'
            when voice.status in ('completed', 'failed') then 'already_finished'
            when voice.status = 'processing' and voice.lease_expires_at is not null then 'applied'
            else 'lease_lost'
        end as outcome
    from unnest(@ids::uuid[], @attempts::integer[], @outputAudioPaths::text[], @remoteStoragePaths::text[])
        with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
    full join voice on voice.id = f.id
),
completed as (
    update voices v
    set status = 'completed',
        output_audio_path = fence.output_audio_path,
        is_local_storage = fence.remote_storage_path is null,
        remote_storage_path = fence.remote_storage_path,
        processing_completed_at = statement_timestamp(),
        error_message = null,
        lease_expires_at = null,
        updated_at = statement_timestamp()
    from fence
    where v.id = fence.id
        and fence.outcome = 'applied'
)
select fence.id as voice_id, case fence.outcome when 'repeated' then 'applied' else fence.outcome end as outcome
from fence
order by fence.nr;
