-- pending -> processing without a lease, as the Python cloner does it: nobody takes such a request back by itself.
-- The row is locked by its primary key before its state is checked.
with voice as materialized (
    select
        v.id,
        case
            when v.status in ('completed', 'failed') then 'already_finished'
            when v.status = 'processing' then 'not_allowed'
            else 'applied'
        end as outcome
    from voices v
    where v.id = @id
    for update
),
started as (
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
        and voice.outcome = 'applied'
)
select coalesce((select voice.outcome from voice), 'not_found');
