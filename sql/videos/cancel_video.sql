-- Fails a video and all of its requests that are still open; a worker that holds one learns it at its next heartbeat.
-- The video is locked first and its requests in id order, so that two cancels cannot deadlock. FOR NO KEY UPDATE lets the check of the foreign key through:
-- a claim that takes a request of the video back from a lapsed lease makes one, while it holds the request.
-- A repeat with the same text, because the answer was lost, is told that it was applied. It fails @batchSize requests at most: who gets as many repeats it.
with video as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.error_message
    from videos v
    where v.id = @id
    for no key update
),
open_voices as materialized (
    select vo.id
    from voices vo
    join video on video.id = vo.video_id
    where vo.status in ('pending', 'processing')
        and video.status <> 'completed'
    order by vo.id
    limit @batchSize
    for update of vo
),
updated as (
    update videos v
    set status = 'failed',
        error_message = @reason
    from video
    where v.id = video.id
        and video.status in ('pending', 'processing')
    returning v.id
),
cancelled as (
    update voices vo
    set status = 'failed',
        error_message = @reason,
        errors = vo.errors || jsonb_build_object(
            'attempt', vo.attempt, 'worker_id', vo.worker_id, 'failed_at', statement_timestamp(), 'message', @reason::text),
        lease_expires_at = null,
        processing_completed_at = statement_timestamp(),
        updated_at = statement_timestamp()
    from open_voices
    where vo.id = open_voices.id
        and vo.status in ('pending', 'processing')
    returning vo.id
)
select
    case
        when exists (select from updated) or exists (select from cancelled) then 'applied'
        when not exists (select from video) then 'not_found'
        when exists (
            select from video
            where status = 'failed'
                and (error_message = @reason
                    or exists (select from voices vo where vo.video_id = video.id and vo.status = 'failed' and vo.error_message = @reason))) then 'applied'
        else 'already_finished'
    end as outcome,
    (select count(*)::integer from cancelled) as voices;
