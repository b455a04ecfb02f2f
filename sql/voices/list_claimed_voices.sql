-- What one claim took and still holds, as claim_voices returned it: for a worker to which the answer was lost. The condition on the state names the partial
-- index of the leases, so it reads what is being worked on and nothing else. Takes no lock: heartbeat, complete and release check the fence anyway.
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
from voices v
left join voice_mappings m on m.id = coalesce(v.voice_mapping_id, (select r.id from resolve_voice_mapping(v.character_name) as r (id)))
where v.status = 'processing'
    and v.lease_expires_at is not null
    and v.claim_id = @claimId
order by -v.priority, v.queue_at, v.id;
