-- Wakes at most as many sleeping workers as there are new requests, each once, and tells every process that waits for voices which videos moved.
-- Runs after the commit of what it tells of, so a process that registered before it looked misses nothing. With nobody asleep it notifies nobody.
-- A video is found by the request's key or given by its own: the requests of a video are not read. 200 ids stay below the 8,000 bytes of a payload.
with chosen as materialized (
    select l.channel
    from videovoice_listeners l
    where l.waits_for = 'work'
        and l.expires_at > statement_timestamp()
    order by random()
    limit @newRequests
    for update skip locked
),
woken as (
    delete from videovoice_listeners l
    using chosen
    where l.waits_for = 'work'
        and l.channel = chosen.channel
    returning l.channel
)
select count(n.told)
from (
    select pg_notify(w.channel, 'work') as told
    from woken w
    union all
    select pg_notify(l.channel, f.video_ids)
    from videovoice_listeners l
    cross join (
        select string_agg(d.video_id::text, ',') as video_ids
        from (
            select m.video_id, row_number() over () as nr
            from (
                select v.video_id
                from voices v
                where v.id = any(@voiceIds::uuid[])
                    and exists (select from videovoice_listeners s where s.waits_for = 'voices' and s.expires_at > statement_timestamp())
                union
                select i.id
                from unnest(@videoIds::uuid[]) as i (id)
            ) m
        ) d
        group by d.nr / 200
    ) f
    where l.waits_for = 'voices'
        and l.expires_at > statement_timestamp()
) n;
