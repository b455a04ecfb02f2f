-- pending or processing -> failed, with the error kept. The row is locked by its primary key before its state is checked.
-- A repeat with the same text, because the answer was lost, is told that it was applied.
with video as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.error_message
    from videos v
    where v.id = @id
    for no key update
),
updated as (
    update videos v
    set status = 'failed',
        error_message = @errorMessage
    from video
    where v.id = video.id
        and video.status in ('pending', 'processing')
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when not exists (select from video) then 'not_found'
    when exists (select from video where status = 'failed' and error_message = @errorMessage) then 'applied'
    else 'already_finished'
end;
