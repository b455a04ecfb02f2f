-- Retries whose time has come go into the index of the claims, at the place in the queue that the failure gave them, which is that time.
-- The oldest first, and no more in one statement than a claim can wait for. SKIP LOCKED: another process does the same.
with due as materialized (
    select v.ctid
    from voices v
    where v.status = 'pending'
        and v.available_at is not null
        and v.available_at <= statement_timestamp()
    order by v.available_at
    limit 1000
    for update skip locked
)
update voices v
set available_at = null,
    updated_at = statement_timestamp()
from due
where v.ctid = due.ctid;
