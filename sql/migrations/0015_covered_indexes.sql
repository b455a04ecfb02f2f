-- Each of these is covered by a later one or by a unique constraint, and an index on status misleads the planner on every finishing write.
lock table voices, videos, voice_mappings in access exclusive mode;

drop index if exists idx_voices_status;
drop index if exists idx_voices_video_id;
drop index if exists idx_videos_status;
drop index if exists idx_voice_mappings_voice_id;
drop index if exists idx_voice_mappings_is_default;
