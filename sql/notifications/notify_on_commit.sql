-- Tells every listener when the transaction that this runs in commits: inside it nobody can know yet who will sleep by then.
-- A video is found by the request's key or given by its own: the requests of a video are not read. 200 ids stay below the 8,000 bytes of a payload.
select pg_notify('videovoice_' || md5(current_schema()), n.payload)
from (
    select 'work' as payload
    where @newRequests > 0
    union all
    select string_agg(d.video_id::text, ',')
    from (
        select m.video_id, row_number() over () as nr
        from (
            select v.video_id
            from voices v
            where v.id = any(@voiceIds::uuid[])
            union
            select i.id
            from unnest(@videoIds::uuid[]) as i (id)
        ) m
    ) d
    group by d.nr / 200
) n;
