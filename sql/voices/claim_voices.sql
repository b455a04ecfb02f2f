-- Takes up to @limit requests for a worker and gives each a lease, by priority and place in the queue, with a lead for loaded voices (below). Expired leases
-- take part like pending requests, so no background task has to rescue them; those without attempts left fail. A request without a lease is a Python worker's and stays.
-- A claim with a cursor enters the index at the last place that this process took, and so does not walk over the dead entries before it; it leaves out leases.
-- The cursor is a hint: a claim without one follows whenever a claim with one comes back short, and each second.
-- A time beyond what .NET can hold, which only others write, is returned as null, and no sum leaves what PostgreSQL can hold: one such row would take its claim with it.
-- Safe under concurrency: every row is locked with SKIP LOCKED before it is written, and MATERIALIZED keeps the planner from running a choice twice.
with head as materialized (
    select v.id, v.priority, v.queue_at, v.voice_mapping_id
    from voices v
    where v.status = 'pending'
        and (v.available_at is null or v.available_at <= statement_timestamp())
    order by -v.priority, v.queue_at, v.id
    limit case when cardinality(@loadedVoiceMappingIds::uuid[]) > 0 then 64 else 0 end
),
-- A loaded voice counts as queued @preferenceSeconds earlier than it was, so that it never comes before what was queued more than that long before it.
loaded as materialized (
    select v.id, v.priority, v.queue_at
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
pending as materialized (
    select v.id, v.priority, v.queue_at
    from voices v
    where v.status = 'pending'
        and (v.available_at is null or v.available_at <= statement_timestamp())
        and (-v.priority, v.queue_at, v.id) >= (@cursorPriority, @cursorQueued, @cursorId)
        and v.id <> all(array(select l.id from loaded l))
    order by -v.priority, v.queue_at, v.id
    limit @limit - (select count(*) from loaded)
    for update skip locked
),
lapsed as materialized (
    select v.id, v.worker_id, v.priority, v.queue_at, v.attempt >= v.max_attempts as exhausted
    from voices v
    where v.status = 'processing'
        and v.lease_expires_at < statement_timestamp()
    order by v.lease_expires_at
    limit case when @hasCursor then 0 else @limit end
    for update skip locked
),
exhausted as (
    update voices v
    set status = 'failed',
        error_message = format('The lease of worker %s expired and no attempt is left (%s of %s).', v.worker_id, v.attempt, v.max_attempts),
        errors = v.errors || jsonb_build_object(
            'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', 'The lease expired and no attempt is left.'),
        processing_completed_at = statement_timestamp(),
        lease_expires_at = null,
        updated_at = statement_timestamp()
    from lapsed
    where v.id = lapsed.id
        and lapsed.exhausted
    returning v.id
),
chosen as materialized (
    select c.id, c.expired, c.worker_id
    from (
        select l.id, false as expired, null as worker_id, l.priority, l.queue_at, greatest(l.queue_at, '0001-01-02+00') - make_interval(secs => @preferenceSeconds) as counts_as from loaded l
        union all
        select p.id, false, null, p.priority, p.queue_at, p.queue_at from pending p
        union all
        select x.id, true, x.worker_id, x.priority, x.queue_at, x.queue_at from lapsed x where not x.exhausted
    ) c
    order by -c.priority, c.counts_as, c.queue_at, c.id
    limit @limit
),
claimed as (
    update voices v
    set status = 'processing',
        attempt = v.attempt + 1,
        worker_id = @workerId,
        claim_id = @claimId,
        lease_expires_at = statement_timestamp() + make_interval(secs => @leaseSeconds),
        processing_started_at = statement_timestamp(),
        processing_completed_at = null,
        updated_at = statement_timestamp(),
        errors = case
            when chosen.expired then v.errors || jsonb_build_object(
                'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', 'The lease expired.')
            else v.errors
        end
    from chosen
    where v.id = chosen.id
    returning v.id, v.video_id, v.position, v.character_name, v.text_content, v.attempt, v.max_attempts, v.priority, v.trace_parent, v.created_at,
        v.queue_at, v.available_at, v.voice_mapping_id, chosen.worker_id as previous_worker_id
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
    case when isfinite(greatest(v.created_at, v.available_at)) then extract(epoch from statement_timestamp() - greatest(v.created_at, v.available_at))::float8 else 0 end as waited_seconds,
    m.id as voice_mapping_id,
    m.voice_id as mapping_voice_id,
    m.voice_file,
    m.language,
    v.previous_worker_id
from claimed v
left join voice_mappings m on m.id = coalesce(v.voice_mapping_id, (select r.id from resolve_voice_mapping(v.character_name) as r (id)))
order by -v.priority, v.queue_at, v.id;
