-- The lists of the videos of one status.
create index concurrently if not exists idx_videos_status_created_at_id on videos (status, created_at, id);
