-- Only retries stand in it: when the next one may start is its first entry.
create index concurrently if not exists idx_voices_available on voices (available_at) where status = 'pending' and available_at is not null;
