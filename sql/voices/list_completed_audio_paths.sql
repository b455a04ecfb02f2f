-- The audio of the completed requests of videos, each in the order of its conversation. One statement serves all whose wait has just ended.
select
    v.video_id,
    v.id as voice_id,
    v.position,
    v.character_name,
    v.output_audio_path,
    coalesce(v.is_local_storage, true) as is_local_storage,
    v.remote_storage_path
from voices v
where v.video_id = any(@videoIds::uuid[])
    and v.status = 'completed'
order by v.video_id, v.position nulls last, v.created_at, v.id;
