-- Renews the leases of many attempts at once, each by its fence. Returns those that were renewed.
-- The caller sorts the ids: rows are locked in their order, so that two calls cannot deadlock. The state is written so that no index on it can serve,
-- only the primary key.
update voices v
set lease_expires_at = statement_timestamp() + make_interval(secs => @renewSeconds),
    updated_at = statement_timestamp()
from unnest(@ids::uuid[], @attempts::integer[]) as f (id, attempt)
where v.id = f.id
    and v.attempt = coalesce(f.attempt, v.attempt)
    and (v.lease_expires_at is not null) = (f.attempt is not null)
    and v.status between 'processing' and 'processing'
returning v.id as voice_id, v.attempt;
