-- Takes up to @limit pending requests for a worker, by priority and place in the queue, and gives each a lease. One walk of idx_voices_claim, which begins at
-- the cursor: the dead entries of what this process took before lie in front of it. With the lowest cursor it looks at the whole queue.
-- Safe under concurrency: a row is locked, with SKIP LOCKED, before it is written, and MATERIALIZED keeps the planner from choosing twice. A row that
-- changed between the snapshot and the lock has another ctid than the snapshot shows: it is not taken now, and waits for the next claim.
-- processing_started_at is the transaction's time, as is failed_at in requeue_lapsed_voices: the lost attempt ends where the next begins. A row that was created
-- after that time, and before the snapshot, begins with its creation.
with chosen as materialized (
    select v.ctid
    from voices v
    where v.status = 'pending'
        and v.available_at is null
        and (-v.priority, v.queue_at, v.id) >= (@cursorPriority, @cursorQueued, @cursorId)
    order by -v.priority, v.queue_at, v.id
    limit @limit
    for update skip locked
),
claimed as (
    update voices v
    set status = 'processing',
        attempt = v.attempt + 1,
        worker_id = @workerId,
        claim_id = @claimId,
        lease_expires_at = statement_timestamp() + make_interval(secs => @leaseSeconds),
        processing_started_at = least(greatest(now(), v.created_at), clock_timestamp()),
        processing_completed_at = null,
        updated_at = statement_timestamp()
    from chosen
    where v.ctid = chosen.ctid
    returning v.id, v.video_id, v.position, v.character_name, v.text_content, v.attempt, v.max_attempts, v.priority, v.trace_parent, v.created_at, v.queue_at,
        v.failures, v.processing_started_at, v.voice_mapping_id, v.errors
)
select
    v.id,
    v.video_id,
    v.position,
    v.character_name,
    v.text_content,
    v.attempt,
    v.max_attempts,
    v.priority,
    v.trace_parent,
    case when v.created_at between '0001-01-02+00' and '9999-12-30+00' then v.created_at end as created_at,
    case when v.queue_at between '0001-01-02+00' and '9999-12-30+00' then v.queue_at end as queue_at,
    case when isfinite(greatest(v.created_at, case when v.failures > 0 then v.queue_at end))
        then extract(epoch from v.processing_started_at - greatest(v.created_at, case when v.failures > 0 then v.queue_at end))::float8 else 0 end as waited_seconds,
    m.id as voice_mapping_id,
    m.voice_id as mapping_voice_id,
    m.voice_file,
    m.language,
    case when v.errors -> -1 ->> 'attempt' = (v.attempt - 1)::text and v.errors -> -1 ->> 'message' = 'The lease expired.' then v.errors -> -1 ->> 'worker_id' end as previous_worker_id
from claimed v
left join voice_mappings m on m.id = coalesce(v.voice_mapping_id, (select r.id from resolve_voice_mapping(v.character_name) as r (id)))
order by -v.priority, v.queue_at, v.id;
