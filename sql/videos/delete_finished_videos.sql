-- Deletes one batch of videos that finished long ago and have no open request; their requests go with them.
-- Oldest first, behind the last video of the batch before (those that cannot go are not looked at in each batch), with SKIP LOCKED and a limit: it waits for nobody who works. A video is not older than its creation, which is
-- what the index knows; coalesce keeps the planner from entering by the state, with every finished video to sort.
-- Each video's requests are looked at by themselves, and the chosen ones deleted by their key: a join would read both tables whole for each batch.
with finished as materialized (
    select v.id
    from videos v
    where coalesce(v.status in ('completed', 'failed'), false)
        and v.created_at < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and (v.created_at, v.id) > (coalesce(@afterCreatedAt, '-infinity'::timestamptz), coalesce(@afterId, '00000000-0000-0000-0000-000000000000'::uuid))
        and coalesce(v.completed_at, v.updated_at) < statement_timestamp() - make_interval(secs => @olderThanSeconds)
        and not coalesce((select bool_or(vo.status in ('pending', 'processing')) from voices vo where vo.video_id = v.id), false)
    order by v.created_at, v.id
    limit @batchSize
    for update skip locked
)
delete from videos v
where v.id = any(array(select f.id from finished f))
returning v.id, greatest(v.created_at, '0001-01-02+00') as created_at;
