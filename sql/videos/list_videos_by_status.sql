-- A page of the videos in one state, newest first, after the row that the caller saw last: one walk of idx_videos_status_created_at_id.
-- BETWEEN, because an equality would let a generic plan walk all videos by time and hope to meet the state soon.
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
where v.status between @status::video_status and @status::video_status
    and (v.status, v.created_at, v.id) < (@status::video_status, coalesce(@afterCreatedAt, 'infinity'::timestamptz), coalesce(@afterId, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
order by v.status desc, v.created_at desc, v.id desc
limit @limit;
