-- The order of all lists of videos.
create index concurrently if not exists idx_videos_created_at_id on videos (created_at, id);
