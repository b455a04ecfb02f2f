-- Deletes one batch of videos that finished long ago and have no open request; their requests go with them.
-- Oldest first, with SKIP LOCKED and a limit: it waits for nobody who works. A video is not older than its creation, which is what the index knows.
with finished as materialized (
    select v.id
    from videos v
    where v.status in ('completed', 'failed')
        and v.created_at < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and coalesce(v.completed_at, v.updated_at) < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and not exists (select from voices vo where vo.video_id = v.id and vo.status in ('pending', 'processing'))
    order by v.created_at, v.id
    limit @batchSize
    for update skip locked
)
delete from videos v
using finished
where v.id = finished.id;
