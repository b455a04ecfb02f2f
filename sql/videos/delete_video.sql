-- Deletes a video; its voice requests go with it (on delete cascade).
-- They are locked first, in id order: a claim that takes one of them back from a lapsed lease holds it while it looks at the video for the foreign key.
-- They are counted because a SELECT in WITH that nobody reads is not run, and its locks are not taken.
with requests as materialized (
    select vo.id
    from voices vo
    where vo.video_id = @id
    order by vo.id
    for update
)
delete from videos
where id = @id
    and (select count(*) from requests) >= 0;
