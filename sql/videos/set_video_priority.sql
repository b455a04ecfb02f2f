-- Sets the priority of a video and of its requests that are not completed. Rows are locked in id order, as every statement over many requests does.
-- It moves @batchSize requests at most: who gets as many repeats it.
with updated as (
    update videos v
    set priority = @priority
    where v.id = @id
    returning v.id
),
unfinished as materialized (
    select vo.id
    from voices vo
    join updated on updated.id = vo.video_id
    where vo.status in ('pending', 'processing', 'failed')
        and vo.priority <> @priority
    order by vo.id
    limit @batchSize
    for update of vo
),
moved as (
    update voices vo
    set priority = @priority
    from unfinished
    where vo.id = unfinished.id
    returning vo.id
)
select
    exists (select from updated) as is_found,
    (select count(*)::integer from moved) as voices;
