-- An attempt failed: pending again after a delay while attempts are left and the error is not permanent, else failed for good. Without an attempt it is
-- for good, and counts only on a request that has no lease, as the Python cloner does it. Every error is kept with its attempt.
-- The delay grows with the failures since the last retry by hand. The row is locked by its primary key, on which alone the fence can be looked up, before
-- it is written.
with voice as materialized (
    select
        v.id,
        f.attempt is not null and not @permanent and v.attempt < v.max_attempts as is_retried,
        statement_timestamp() + make_interval(secs =>
            least(@maxRetrySeconds, @retrySeconds * power(2, least(v.failures, 30))) * (0.75 + 0.5 * random())) as retry_at
    from unnest(@ids::uuid[], @attempts::integer[]) as f (id, attempt)
    join voices v
        on v.id = f.id
        and v.attempt = coalesce(f.attempt, v.attempt)
        and (v.lease_expires_at is not null) = (f.attempt is not null)
        and v.status between 'processing' and 'processing'
    for update of v
)
update voices v
set status = case when voice.is_retried then 'pending' else 'failed' end::voice_status,
    error_message = @errorMessage,
    failures = v.failures + 1,
    errors = v.errors || jsonb_build_object(
        'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', @errorMessage::text),
    worker_id = case when not voice.is_retried then v.worker_id end,
    lease_expires_at = null,
    available_at = case when voice.is_retried and voice.retry_at > statement_timestamp() then voice.retry_at end,
    queue_at = case when voice.is_retried then voice.retry_at else v.queue_at end,
    processing_completed_at = case when not voice.is_retried then statement_timestamp() end,
    updated_at = statement_timestamp()
from voice
where v.id = voice.id
returning
    case when voice.is_retried then 'retry_scheduled' else 'applied' end as outcome,
    case when voice.is_retried then voice.retry_at end as retry_at;
