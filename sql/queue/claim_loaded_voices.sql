-- claim_voices for a worker that has voices loaded. Of the first 64 requests those for a loaded voice count as queued @preferenceSeconds earlier than they
-- were, so none comes before what was queued more than that long before it; the rest follows the queue. It begins at the cursor, which get_head
-- moves to the first request that stays. Safe under concurrency as claim_voices is; the rows of the head are looked at again when they are locked.
with head as materialized (
    select v.id, v.priority, v.queue_at, v.voice_mapping_id
    from voices v
    where v.status = 'pending'
        and v.available_at is null
        and (-v.priority, v.queue_at, v.id) >= (@cursorPriority, @cursorQueued, @cursorId)
    order by -v.priority, v.queue_at, v.id
    limit 64
),
loaded as materialized (
    select v.ctid
    from head h
    join voices v on v.id = h.id
    cross join (select f.priority, f.queue_at from head f order by -f.priority, f.queue_at, f.id limit 1) as first
    where h.voice_mapping_id = any(@loadedVoiceMappingIds::uuid[])
        and h.priority = first.priority
        and h.queue_at <= least(first.queue_at, '9999-12-30+00') + make_interval(secs => @preferenceSeconds)
        and v.status = 'pending'
    order by h.queue_at, h.id
    limit @limit
    for update of v skip locked
),
rest as materialized (
    select v.ctid
    from voices v
    where v.status = 'pending'
        and v.available_at is null
        and (-v.priority, v.queue_at, v.id) >= (@cursorPriority, @cursorQueued, @cursorId)
        and v.ctid <> all(array(select l.ctid from loaded l))
    order by -v.priority, v.queue_at, v.id
    limit @limit - (select count(*) from loaded)
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
    from (select l.ctid from loaded l union all select r.ctid from rest r) chosen
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
