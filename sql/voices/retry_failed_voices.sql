-- Puts the failed requests of a video back, and no other, with as many further attempts as a new request has. Errors stay readable.
-- Rows are locked in id order before they are written, so a cancel and a retry cannot deadlock.
with failed as materialized (
    select v.id
    from voices v
    where v.video_id = @videoId
        and v.status = 'failed'
    order by v.id
    limit @batchSize
    for update
)
update voices v
set status = 'pending',
    max_attempts = v.attempt + @maxAttempts,
    failures = 0,
    error_message = null,
    worker_id = null,
    available_at = null,
    queue_at = statement_timestamp() + least(greatest(v.position, 0), 999999) * make_interval(secs => @queueStep),
    processing_started_at = null,
    processing_completed_at = null
from failed
where v.id = failed.id;
