-- The counts of one video, from the view that the Python services read too.
select
    s.video_id,
    s.title,
    coalesce(s.video_status, 'pending')::text as video_status,
    s.video_created_at,
    s.total_voices,
    s.completed_voices,
    s.failed_voices,
    s.pending_voices
from video_processing_status s
where s.video_id = @videoId;
