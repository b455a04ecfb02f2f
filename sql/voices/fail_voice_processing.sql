-- processing -> failed, for good, on a request that has no lease: the counterpart of start_voice_processing. The error is kept with its attempt.
-- The row is locked by its primary key before its state is checked.
with voice as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.lease_expires_at
    from voices v
    where v.id = @id
    for update
),
updated as (
    update voices v
    set status = 'failed',
        error_message = @errorMessage,
        errors = v.errors || jsonb_build_object(
            'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', @errorMessage::text),
        processing_completed_at = statement_timestamp()
    from voice
    where v.id = voice.id
        and voice.status = 'processing'
        and voice.lease_expires_at is null
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when not exists (select from voice) then 'not_found'
    when exists (select from voice where status in ('completed', 'failed')) then 'already_finished'
    when exists (select from voice where status = 'processing') then 'lease_lost'
    else 'not_allowed'
end;
