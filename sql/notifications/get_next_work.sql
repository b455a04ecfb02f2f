-- Seconds until a claim can find something: 0 when it can now; else until the first delayed request or the first lease ends (below 0: a lease ended);
-- null when nothing is open. The order only names the index. COALESCE stops at the first, so the delayed ones are looked at only when nothing else waits.
select coalesce(
    (
        select 0::float8
        from voices v
        where v.status = 'pending'
            and (v.available_at is null or v.available_at <= statement_timestamp())
        order by -v.priority, v.queue_at, v.id
        limit 1
    ),
    extract(epoch from least(
        (select min(v.available_at) from voices v where v.status = 'pending' and v.available_at is not null),
        (select min(v.lease_expires_at) from voices v where v.status = 'processing')
    ) - statement_timestamp())::float8
);
