-- Puts requests back that a worker without a lease (a Python cloner) started long ago. One more attempt is allowed where none is left.
-- Rows that somebody writes at this moment are not stuck: SKIP LOCKED leaves them.
with stuck as materialized (
    select v.ctid
    from voices v
    where v.status = 'processing'
        and v.lease_expires_at is null
        and coalesce(v.processing_started_at, v.updated_at) < statement_timestamp() - make_interval(secs => @olderThanSeconds)
    order by v.id
    limit @batchSize
    for update skip locked
)
update voices v
set status = 'pending',
    max_attempts = greatest(v.max_attempts, v.attempt + 1),
    worker_id = null,
    available_at = null,
    processing_started_at = null,
    errors = v.errors || jsonb_build_object(
        'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', 'Requeued: it was processing without a lease for too long.')
from stuck
where v.ctid = stuck.ctid;
