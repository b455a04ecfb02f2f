-- Tells every listener when the transaction that this runs in commits: inside it nobody can know yet who will sleep by then.
select pg_notify('videovoice_' || md5(current_schema()), n.payload)
from (
    select 'work' as payload
    where @newRequests > 0
    union all
    select string_agg(distinct v.video_id::text, ',')
    from voices v
    where v.id = any(@voiceIds::uuid[])
        or v.video_id = any(@videoIds::uuid[])
) n
where n.payload is not null;
