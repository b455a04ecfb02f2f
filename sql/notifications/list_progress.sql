-- The counts of the videos that somebody waits for, from the index on their requests; one statement for any number.
select
    v.id as video_id,
    v.title,
    coalesce(v.status, 'pending')::text as video_status,
    v.created_at as video_created_at,
    c.total_voices,
    c.completed_voices,
    c.failed_voices,
    c.pending_voices
from unnest(@videoIds::uuid[]) as w (id)
join videos v on v.id = w.id
cross join lateral (
    select
        count(*) as total_voices,
        count(*) filter (where vo.status = 'completed') as completed_voices,
        count(*) filter (where vo.status = 'failed') as failed_voices,
        count(*) filter (where vo.status in ('pending', 'processing')) as pending_voices
    from voices vo
    where vo.video_id = v.id
) c;
