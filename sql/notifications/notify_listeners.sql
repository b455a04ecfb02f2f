-- Wakes at most as many sleeping workers as there are new requests, each once, and tells every process that waits for voices which videos moved.
-- Runs after the commit of what it tells of, so a process that registered before it looked misses nothing. With nobody asleep it notifies nobody.
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
select pg_notify(w.channel, 'work')
from woken w
union all
select pg_notify(l.channel, f.video_ids)
from videovoice_listeners l
cross join (
    select string_agg(distinct v.video_id::text, ',') as video_ids
    from voices v
    where v.id = any(@voiceIds::uuid[])
        or v.video_id = any(@videoIds::uuid[])
) f
where l.waits_for = 'voices'
    and l.expires_at > statement_timestamp()
    and f.video_ids is not null;
