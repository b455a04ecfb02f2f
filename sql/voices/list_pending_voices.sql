-- The requests that wait and may start now, in the order in which a claim takes them, each with its mapping: those in the index of the claims, and retries
-- whose time has come and that no claim has moved there yet. Takes no lock: two readers see the same rows.
-- By ctid, because LIMIT with a parameter is estimated as a tenth of all that waits, and for so many rows the server would read the primary key whole.
-- A time beyond what .NET can hold, which only others write, is returned as null.
with startable as materialized (
    (
        select v.ctid
        from voices v
        where v.status = 'pending'
            and v.available_at is null
        order by -v.priority, v.queue_at, v.id
        limit @limit
    )
    union all
    (
        select v.ctid
        from voices v
        where v.status = 'pending'
            and v.available_at is not null
            and v.available_at <= statement_timestamp()
        order by v.available_at
        limit @limit
    )
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
    case when isfinite(greatest(v.created_at, v.available_at, case when v.failures > 0 then v.queue_at end))
        then extract(epoch from statement_timestamp() - greatest(v.created_at, v.available_at, case when v.failures > 0 then v.queue_at end))::float8 else 0 end as waited_seconds,
    m.id as voice_mapping_id,
    m.voice_id as mapping_voice_id,
    m.voice_file,
    m.language
from startable s
join voices v on v.ctid = s.ctid
left join voice_mappings m on m.id = coalesce(v.voice_mapping_id, (select r.id from resolve_voice_mapping(v.character_name) as r (id)))
order by -v.priority, v.queue_at, v.id
limit @limit;
