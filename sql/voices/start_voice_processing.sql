-- pending -> processing without a lease, as the Python cloner does it: nobody takes such a request back by itself.
-- The row is locked by its primary key before its state is checked.
with voice as materialized (
    select v.id, coalesce(v.status, 'pending') as status
    from voices v
    where v.id = @id
    for update
),
updated as (
    update voices v
    set status = 'processing',
        attempt = v.attempt + 1,
        worker_id = null,
        lease_expires_at = null,
        processing_started_at = statement_timestamp(),
        processing_completed_at = null,
        updated_at = statement_timestamp()
    from voice
    where v.id = voice.id
        and voice.status = 'pending'
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when not exists (select from voice) then 'not_found'
    when exists (select from voice where status in ('completed', 'failed')) then 'already_finished'
    else 'not_allowed'
end;
