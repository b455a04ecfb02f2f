-- processing -> completed, with the path of the finished video. The row is locked by its primary key before its state is checked.
-- A repeat with the same path, because the answer was lost, is told that it was applied.
with video as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.output_video_path
    from videos v
    where v.id = @id
    for no key update
),
updated as (
    update videos v
    set status = 'completed',
        output_video_path = @outputVideoPath,
        completed_at = statement_timestamp(),
        error_message = null
    from video
    where v.id = video.id
        and video.status = 'processing'
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when not exists (select from video) then 'not_found'
    when exists (select from video where status = 'completed' and output_video_path = @outputVideoPath) then 'applied'
    when exists (select from video where status in ('completed', 'failed')) then 'already_finished'
    else 'not_allowed'
end;
