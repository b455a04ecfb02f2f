-- With an attempt: counts only while that attempt holds the lease, and is pending again after a growing delay while attempts are left and the error is not permanent.
-- Without one: processing -> failed for good, only on a request that has no lease, as the Python cloner does it. Every error is kept with its attempt.
-- The row is locked by its primary key before its state is checked.
with voice as materialized (
    select
        v.id,
        coalesce(v.status, 'pending') as status,
        v.attempt,
        v.lease_expires_at,
        @attempt::integer is not null and not @permanent and v.attempt < v.max_attempts as again,
        statement_timestamp() + make_interval(secs =>
            least(@maxRetrySeconds, @retrySeconds * power(2, least(v.attempt, 30) - 1)) * (0.75 + 0.5 * random())) as retry_at
    from voices v
    where v.id = @id
    for update
),
updated as (
    update voices v
    set status = case when voice.again then 'pending' else 'failed' end::voice_status,
        error_message = @errorMessage,
        errors = v.errors || jsonb_build_object(
            'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', @errorMessage::text),
        worker_id = case when not voice.again then v.worker_id end,
        lease_expires_at = null,
        available_at = case when voice.again then voice.retry_at end,
        queue_at = case when voice.again then voice.retry_at else v.queue_at end,
        processing_completed_at = case when not voice.again then statement_timestamp() end,
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
    when exists (select from updated) and voice.again then 'retry_scheduled'
    when exists (select from updated) then 'applied'
    when voice.id is null then 'not_found'
    when voice.attempt <> @attempt then 'lease_lost'
    when voice.status in ('completed', 'failed') then 'already_finished'
    when voice.status = 'processing' or @attempt is not null then 'lease_lost'
    else 'not_allowed'
end
from (values (1)) as one_row
left join voice on true;
