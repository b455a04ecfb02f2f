-- What is open now, at a cost that does not follow the backlog: each count stops at @maxCount, and the oldest is looked for among the first 100 requests of
-- each priority (of at most 100), whose heads a walk through idx_voices_claim finds one by one, and of the retries that are due. Finished rows are not read.
-- The orders in the counts name the indexes: without them the server may collect the whole backlog before it counts.
-- A time beyond what .NET can hold, which only others write, is no age: infinity cannot be subtracted from.
with recursive head as (
    (
        select -v.priority as place
        from voices v
        where v.status = 'pending'
            and v.available_at is null
        order by -v.priority, v.queue_at, v.id
        limit 1
    )
    union all
    select next.place
    from head
    cross join lateral (
        select -v.priority as place
        from voices v
        where v.status = 'pending'
            and v.available_at is null
            and -v.priority > head.place
        order by -v.priority, v.queue_at, v.id
        limit 1
    ) as next
)
select
    least(@maxCount, c.claimable + c.retries) as pending_voices,
    c.delayed as delayed_voices,
    c.processing as processing_voices,
    c.expired as expired_leases,
    (
        select extract(epoch from statement_timestamp() - min(o.created_at))::float8
        from (
            select first.created_at
            from (select head.place from head limit 100) p
            cross join lateral (
                select v.created_at
                from voices v
                where v.status = 'pending'
                    and v.available_at is null
                    and -v.priority = p.place
                order by v.queue_at, v.id
                limit 100
            ) first
            union all
            (
                select v.created_at
                from voices v
                where v.status = 'pending'
                    and v.available_at <= statement_timestamp()
                order by v.available_at
                limit 100
            )
        ) o
        where o.created_at between '0001-01-02+00' and '9999-12-30+00'
    ) as oldest_pending_age_seconds
from (
    select
        (select count(*) from (select from voices v where v.status = 'pending' and v.available_at is null order by -v.priority, v.queue_at, v.id limit @maxCount) s) as claimable,
        (select count(*) from (select from voices v where v.status = 'pending' and v.available_at is not null order by v.available_at limit @maxCount) s) as retries,
        (select count(*) from (select from voices v where v.status = 'pending' and v.available_at > statement_timestamp() order by v.available_at limit @maxCount) s) as delayed,
        (select count(*) from (select from voices v where v.status = 'processing' order by v.lease_expires_at limit @maxCount) s) as processing,
        (select count(*) from (select from voices v where v.status = 'processing' and v.lease_expires_at < statement_timestamp() order by v.lease_expires_at limit @maxCount) s) as expired
) c;
