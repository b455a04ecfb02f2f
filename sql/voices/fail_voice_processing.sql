-- With an attempt: counts only while that attempt holds the lease, and is pending again after a growing delay while attempts are left and the error is not permanent.
-- Without one: processing -> failed for good, only on a request that has no lease, as the Python cloner does it. Every error is kept with its attempt.
-- The delay grows with the failures since the last retry by hand. An attempt that repeats its own failure, because the answer was lost, is answered as before.
-- The row is locked by its primary key before its state is checked.
with voice as materialized (
    select
        v.id,
        case
            when v.attempt <> @attempt::integer then 'lease_lost'
            when v.status in ('pending', 'failed') and v.attempt = @attempt
                and v.errors -> -1 ->> 'attempt' = v.attempt::text and v.errors -> -1 ->> 'message' = @errorMessage then 'repeated'
            when v.status in ('completed', 'failed') then 'already_finished'
            when v.status = 'processing' and (v.lease_expires_at is not null) = (@attempt is not null)
                then case when @attempt is not null and not @permanent and v.attempt < v.max_attempts then 'retry_scheduled' else 'applied' end
            when v.status = 'processing' or @attempt is not null then 'lease_lost'
            else 'not_allowed'
        end as outcome,
        v.status,
        statement_timestamp() + make_interval(secs =>
            least(@maxRetrySeconds, @retrySeconds * power(2, least(v.failures, 30))) * (0.75 + 0.5 * random())) as retry_at
    from voices v
    where v.id = @id
    for update
),
updated as (
    update voices v
    set status = case voice.outcome when 'retry_scheduled' then 'pending' else 'failed' end::voice_status,
        error_message = @errorMessage,
        failures = v.failures + 1,
        errors = v.errors || jsonb_build_object(
            'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', @errorMessage::text),
        worker_id = case voice.outcome when 'applied' then v.worker_id end,
        lease_expires_at = null,
        available_at = case voice.outcome when 'retry_scheduled' then voice.retry_at end,
        queue_at = case voice.outcome when 'retry_scheduled' then voice.retry_at else v.queue_at end,
        processing_completed_at = case voice.outcome when 'applied' then statement_timestamp() end,
        updated_at = statement_timestamp()
    from voice
    where v.id = voice.id
        and voice.outcome in ('retry_scheduled', 'applied')
)
select
    case
        when voice.outcome = 'repeated' and voice.status = 'pending' then 'retry_scheduled'
        when voice.outcome = 'repeated' then 'applied'
        else coalesce(voice.outcome, 'not_found')
    end as outcome,
    case when voice.outcome = 'retry_scheduled' then voice.retry_at end as retry_at
from (values (@id)) as asked (id)
left join voice on voice.id = asked.id;
