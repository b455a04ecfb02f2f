-- processing -> completed. With an attempt the write counts only while that attempt holds the lease; without one, only on a request that has no lease.
-- The row is locked by its primary key before its state is checked, so that no other index can be chosen and no other writer comes between.
with voice as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.attempt, v.lease_expires_at
    from voices v
    where v.id = @id
    for update
),
updated as (
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
        and voice.status = 'processing'
        and case
            when @attempt::integer is null then voice.lease_expires_at is null
            else voice.attempt = @attempt and voice.lease_expires_at is not null
        end
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when voice.id is null then 'not_found'
    when voice.attempt <> @attempt then 'lease_lost'
    when voice.status in ('completed', 'failed') then 'already_finished'
    when voice.status = 'processing' or @attempt is not null then 'lease_lost'
    else 'not_allowed'
end
from (values (1)) as one_row
left join voice on true;
