-- Takes requests back whose lease has ended: pending again, for the claim that follows, or failed when no attempt is left. Each keeps the error.
-- A request without a lease is a Python worker's and stays. SKIP LOCKED leaves what somebody writes at this moment, such as the heartbeat that came late.
with lapsed as materialized (
    select v.ctid, v.attempt >= v.max_attempts as is_exhausted
    from voices v
    where v.status = 'processing'
        and v.lease_expires_at < statement_timestamp()
    order by v.lease_expires_at
    limit @limit
    for update skip locked
)
update voices v
set status = case when lapsed.is_exhausted then 'failed' else 'pending' end::voice_status,
    error_message = case when lapsed.is_exhausted then format('The lease of worker %s expired and no attempt is left (%s of %s).', v.worker_id, v.attempt, v.max_attempts) else v.error_message end,
    errors = v.errors || jsonb_build_object(
        'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', now(),
        'message', case when lapsed.is_exhausted then 'The lease expired and no attempt is left.' else 'The lease expired.' end),
    worker_id = case when lapsed.is_exhausted then v.worker_id end,
    processing_completed_at = case when lapsed.is_exhausted then now() end,
    lease_expires_at = null,
    updated_at = statement_timestamp()
from lapsed
where v.ctid = lapsed.ctid
returning v.id as voice_id, lapsed.is_exhausted;
