-- One video by id.
select
    v.id,
    v.title,
    v.description,
    v.background_video_path,
    v.output_video_path,
    v.whatsapp_images_paths,
    coalesce(v.status, 'pending')::text as status,
    v.metadata,
    v.priority,
    v.error_message,
    v.created_at,
    v.updated_at,
    v.completed_at
from videos v
where v.id = @id;
