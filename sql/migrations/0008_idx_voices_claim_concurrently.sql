-- The order of the queue. All parts ascending, so that a row comparison with a claim's cursor is an index condition. Delayed retries do not stand in it.
create index concurrently if not exists idx_voices_claim on voices ((-priority), queue_at, id) where status = 'pending' and available_at is null;
