-- A page of videos with their counts, newest first, after the row that the caller saw last.
-- The page is cut before the counts are made, so the cost follows the page and not the table.
select
    p.id as video_id,
    p.title,
    coalesce(p.status, 'pending')::text as video_status,
    p.created_at as video_created_at,
    c.total_voices,
    c.completed_voices,
    c.failed_voices,
    c.pending_voices
from (
    select v.id, v.title, v.status, v.created_at
    from videos v
    where (v.created_at, v.id) < (coalesce(@afterCreatedAt, 'infinity'::timestamptz), coalesce(@afterId, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by v.created_at desc, v.id desc
    limit @limit
) p
cross join lateral (
    select
        count(*) as total_voices,
        count(*) filter (where vo.status = 'completed') as completed_voices,
        count(*) filter (where vo.status = 'failed') as failed_voices,
        count(*) filter (where vo.status in ('pending', 'processing')) as pending_voices
    from voices vo
    where vo.video_id = p.id
) c
order by p.created_at desc, p.id desc;
