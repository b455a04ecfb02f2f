-- A page of videos, newest first, after the row that the caller saw last: one walk of idx_videos_created_at_id.
select
    v.id,
    v.title,
    v.description,
    v.background_video_path,
    v.output_video_path,
    v.whatsapp_images_paths,
    coalesce(v.status, 'pending')::text as status,
    v.metadata,
    v.priority,
    v.error_message,
    v.created_at,
    v.updated_at,
    v.completed_at
from videos v
where (v.created_at, v.id) < (coalesce(@afterCreatedAt, 'infinity'::timestamptz), coalesce(@afterId, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
order by v.created_at desc, v.id desc
limit @limit;
