-- Leases by their end: the first entry says whether one has lapsed.
create index concurrently if not exists idx_voices_lease on voices (lease_expires_at) where status = 'processing';
