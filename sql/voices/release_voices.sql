-- Gives claimed requests back before they are finished, each by its fence. Returns those that were released. The attempt is not counted: max_attempts rises
-- by one, because lowering attempt would let an old fence fit again.
-- The caller sorts the ids: rows are locked in their order, so that two calls cannot deadlock. The state is written so that no index on it can serve,
-- only the primary key.
update voices v
set status = 'pending',
    max_attempts = v.max_attempts + 1,
    worker_id = null,
    lease_expires_at = null,
    processing_started_at = null,
    updated_at = statement_timestamp()
from unnest(@ids::uuid[], @attempts::integer[]) as f (id, attempt)
where v.id = f.id
    and v.attempt = coalesce(f.attempt, v.attempt)
    and (v.lease_expires_at is not null) = (f.attempt is not null)
    and v.status between 'processing' and 'processing'
returning v.id as voice_id, v.attempt;
