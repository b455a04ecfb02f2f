-- What is open now, from the two partial indexes; finished rows are not read.
-- A time beyond what .NET can hold, which only others write, is no age: infinity cannot be subtracted from.
select
    p.pending_voices,
    p.delayed_voices,
    w.processing_voices,
    w.expired_leases,
    p.oldest_pending_age_seconds
from (
    select
        count(*) as pending_voices,
        count(*) filter (where v.available_at > statement_timestamp()) as delayed_voices,
        extract(epoch from statement_timestamp() - min(v.created_at) filter (
            where (v.available_at is null or v.available_at <= statement_timestamp())
                and v.created_at between '0001-01-02+00' and '9999-12-30+00'))::float8 as oldest_pending_age_seconds
    from voices v
    where v.status = 'pending'
) p
cross join (
    select
        count(*) as processing_voices,
        count(*) filter (where v.lease_expires_at < statement_timestamp()) as expired_leases
    from voices v
    where v.status = 'processing'
) w;
