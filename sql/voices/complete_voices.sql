-- complete_voice_processing for many attempts at once: each counts only while it holds its lease.
-- Rows are locked by primary key, in id order, before their state is checked, so two calls cannot deadlock.
with fence as (
    select f.id, f.attempt, f.output_audio_path, f.remote_storage_path, f.nr
    from unnest(@ids::uuid[], @attempts::integer[], @outputAudioPaths::text[], @remoteStoragePaths::text[])
        with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
),
voice as materialized (
    select v.id, v.status, v.attempt, v.lease_expires_at
    from voices v
    where v.id = any(@ids::uuid[])
    order by v.id
    for update
),
updated as (
    update voices v
    set status = 'completed',
        output_audio_path = fence.output_audio_path,
        is_local_storage = fence.remote_storage_path is null,
        remote_storage_path = fence.remote_storage_path,
        processing_completed_at = statement_timestamp(),
        error_message = null,
        lease_expires_at = null,
        updated_at = statement_timestamp()
    from voice
    join fence on fence.id = voice.id and fence.attempt = voice.attempt
    where v.id = voice.id
        and voice.status = 'processing'
        and voice.lease_expires_at is not null
    returning v.id
)
select
    fence.id as voice_id,
    case
        when updated.id is not null then 'applied'
        when voice.id is null then 'not_found'
        when voice.attempt <> fence.attempt then 'lease_lost'
        when voice.status in ('completed', 'failed') then 'already_finished'
        else 'lease_lost'
    end as outcome
from fence
left join voice on voice.id = fence.id
left join updated on updated.id = fence.id and fence.attempt = voice.attempt
order by fence.nr;
