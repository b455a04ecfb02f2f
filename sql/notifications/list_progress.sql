-- The counts of the videos that somebody waits for, from the index on their requests; one statement for any number.
-- A time beyond what .NET can hold, which only others write, is returned as null: a row that cannot be read would fail the look for all.
select
    v.id as video_id,
    v.title,
    coalesce(v.status, 'pending')::text as video_status,
    case when v.created_at between '0001-01-02+00' and '9999-12-30+00' then v.created_at end as video_created_at,
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
