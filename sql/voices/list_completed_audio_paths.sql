-- The audio of the completed requests of a video, in the order of its conversation.
select
    v.id as voice_id,
    v.position,
    v.character_name,
    v.output_audio_path,
    coalesce(v.is_local_storage, true) as is_local_storage,
    v.remote_storage_path
from voices v
where v.video_id = @videoId
    and v.status = 'completed'
order by v.position nulls last, v.created_at, v.id;
