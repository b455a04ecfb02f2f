-- processing -> completed. With an attempt the write counts only while that attempt holds the lease; without one, only on a request that has no lease.
-- The row is locked by its primary key before its state is checked, so that no other index can be chosen and no other writer comes between.
-- An attempt that repeats its own completion, because the answer was lost, is told that it was applied.
with voice as materialized (
    select
        v.id,
        case
            when v.attempt <> @attempt::integer then 'lease_lost'
            when v.status = 'completed' and v.attempt = @attempt and v.output_audio_path = @outputAudioPath
                and v.remote_storage_path is not distinct from @remoteStoragePath then 'repeated'
            when v.status in ('completed', 'failed') then 'already_finished'
            when v.status = 'processing' and (v.lease_expires_at is not null) = (@attempt is not null) then 'applied'
            when v.status = 'processing' or @attempt is not null then 'lease_lost'
            else 'not_allowed'
        end as outcome
    from voices v
    where v.id = @id
    for update
),
completed as (
    update voices v
    set status = 'completed',
        output_audio_path = @outputAudioPath,
        is_local_storage = @isLocalStorage,
        remote_storage_path = @remoteStoragePath,
        processing_completed_at = statement_timestamp(),
        error_message = null,
        lease_expires_at = null,
        updated_at = statement_timestamp()
    from voice
    where v.id = voice.id
        and voice.outcome = 'applied'
)
select coalesce((select case voice.outcome when 'repeated' then 'applied' else voice.outcome end from voice), 'not_found');
