-- Counts of everything; reads both tables whole.
select
    v.videos,
    v.pending_videos,
    v.processing_videos,
    v.completed_videos,
    v.failed_videos,
    vo.voices,
    vo.pending_voices,
    vo.processing_voices,
    vo.completed_voices,
    vo.failed_voices,
    (select coalesce(sum(w.writes), 0)::bigint from videovoice_late_writes w) as late_writes
from (
    select
        count(*) as videos,
        count(*) filter (where status is null or status = 'pending') as pending_videos,
        count(*) filter (where status = 'processing') as processing_videos,
        count(*) filter (where status = 'completed') as completed_videos,
        count(*) filter (where status = 'failed') as failed_videos
    from videos
) v
cross join (
    select
        count(*) as voices,
        count(*) filter (where status is null or status = 'pending') as pending_voices,
        count(*) filter (where status = 'processing') as processing_voices,
        count(*) filter (where status = 'completed') as completed_voices,
        count(*) filter (where status = 'failed') as failed_voices
    from voices
) vo;
