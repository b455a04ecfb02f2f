-- Renews the leases of many attempts at once and says of each whether it still has one.
-- Rows are locked by primary key, in id order, before their state is checked, so that two calls cannot deadlock. The full join is a left join that
-- the planner cannot do as a nested loop: it estimates few entries in the arrays, and the loop would read all of one for each entry of the other.
with voice as materialized (
    select v.id, v.status, v.attempt, v.lease_expires_at
    from voices v
    where v.id = any(@ids::uuid[])
    order by v.id
    for update
),
fence as materialized (
    select
        f.id,
        f.nr,
        case
            when voice.id is null then 'not_found'
            when voice.attempt <> f.attempt then 'lease_lost'
            when voice.status in ('completed', 'failed') then 'already_finished'
            when voice.status = 'processing' and voice.lease_expires_at is not null then 'applied'
            else 'lease_lost'
        end as outcome
    from unnest(@ids::uuid[], @attempts::integer[])
        with ordinality as f (id, attempt, nr)
    full join voice on voice.id = f.id
),
renewed as (
    update voices v
    set lease_expires_at = statement_timestamp() + make_interval(secs => @leaseSeconds),
        updated_at = statement_timestamp()
    from fence
    where v.id = fence.id
        and fence.outcome = 'applied'
)
select fence.id as voice_id, fence.outcome
from fence
order by fence.nr;
