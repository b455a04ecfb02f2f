-- Seconds until a claim can find something: 0 when it can now; else until the first retry's time or the first lease's end (below 0: it is over);
-- null when nothing is open. COALESCE stops at the first: behind the cursor, where this process took its last request, a full queue is found without
-- walking over the dead entries before it. The order only names the index.
select coalesce(
    (
        select 0::float8
        from voices v
        where v.status = 'pending'
            and v.available_at is null
            and (-v.priority, v.queue_at, v.id) >= (@cursorPriority, @cursorQueued, @cursorId)
        order by -v.priority, v.queue_at, v.id
        limit 1
    ),
    (
        select 0::float8
        from voices v
        where v.status = 'pending'
            and v.available_at is null
            and @cursorPriority > -2147483648
        order by -v.priority, v.queue_at, v.id
        limit 1
    ),
    extract(epoch from least(
        (select min(v.available_at) from voices v where v.status = 'pending' and v.available_at is not null),
        (select min(v.lease_expires_at) from voices v where v.status = 'processing')
    ) - statement_timestamp())::float8
);
