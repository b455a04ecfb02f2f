-- Deletes one batch of videos that finished long ago and have no open request; their requests go with them.
-- Oldest first, with SKIP LOCKED and a limit: it waits for nobody who works. A video is not older than its creation, which is
-- what the index knows; coalesce keeps the planner from entering by the state, with every finished video to sort.
-- Each video's requests are looked at by themselves, and the chosen ones deleted by their key: a join would read both tables whole for each batch.
with finished as materialized (
    select v.id
    from videos v
    where coalesce(v.status in ('completed', 'failed'), false)
        and v.created_at < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and coalesce(v.completed_at, v.updated_at) < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and not coalesce((select bool_or(vo.status in ('pending', 'processing')) from voices vo where vo.video_id = v.id), false)
    order by v.created_at, v.id
    limit @batchSize
    for update skip locked
)
delete from videos v
where v.id = any(array(select f.id from finished f));
