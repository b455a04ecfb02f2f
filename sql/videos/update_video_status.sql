-- Moves a video along its state machine; what is not given (null) stays.
-- The row is locked by its primary key first, so the state that is checked is the state that is written.
-- A repeat into a final state with the same values, because the answer was lost, is told that it was applied.
with video as materialized (
    select v.id, coalesce(v.status, 'pending') as status, v.whatsapp_images_paths, v.metadata
    from videos v
    where v.id = @id
    for no key update
),
updated as (
    update videos v
    set status = @status::video_status,
        whatsapp_images_paths = coalesce(@whatsappImagesPaths::text[], v.whatsapp_images_paths),
        metadata = coalesce(@metadata::jsonb, v.metadata),
        error_message = case when @status = 'failed' then v.error_message end,
        completed_at = case when @status = 'completed' then statement_timestamp() end
    from video
    where v.id = video.id
        and (video.status::text, @status) in (
            ('pending', 'pending'), ('pending', 'processing'), ('pending', 'failed'),
            ('processing', 'processing'), ('processing', 'completed'), ('processing', 'failed'),
            ('failed', 'pending'), ('failed', 'processing'))
    returning v.id
)
select case
    when exists (select from updated) then 'applied'
    when not exists (select from video) then 'not_found'
    when exists (
        select from video
        where status::text = @status
            and whatsapp_images_paths is not distinct from coalesce(@whatsappImagesPaths::text[], whatsapp_images_paths)
            and metadata is not distinct from coalesce(@metadata::jsonb, metadata)) then 'applied'
    when exists (select from video where status in ('completed', 'failed')) then 'already_finished'
    else 'not_allowed'
end;
