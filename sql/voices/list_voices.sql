-- A page of the requests of a video in the order of its conversation; those without a position (made by Python services) follow in the order of their creation.
select
    v.id,
    v.video_id,
    v.voice_mapping_id,
    v.position,
    v.character_name,
    v.text_content,
    coalesce(v.status, 'pending')::text as status,
    v.output_audio_path,
    coalesce(v.is_local_storage, true) as is_local_storage,
    v.remote_storage_path,
    v.error_message,
    v.priority,
    v.attempt,
    v.max_attempts,
    v.worker_id,
    v.lease_expires_at,
    v.queue_at,
    v.available_at,
    v.processing_started_at,
    v.processing_completed_at,
    v.created_at,
    v.updated_at,
    v.failures
from voices v
where v.video_id = @videoId
order by v.position, v.created_at, v.id
limit @limit
offset @offset;
