-- Gives claimed requests back before they are finished. The attempt is not counted: max_attempts rises by one, because lowering attempt would let an old fence fit again.
-- An attempt that repeats its own release, because the answer was lost, is told that it was applied: the request is pending and that attempt left no error.
-- Rows are locked by primary key, in id order, before their state is checked, so that two calls cannot deadlock. The full join is a left join that
-- the planner cannot do as a nested loop: it estimates few entries in the arrays, and the loop would read all of one for each entry of the other.
with voice as materialized (
    select v.id, v.status, v.attempt, v.lease_expires_at, v.errors -> -1 ->> 'attempt' as failed_attempt
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
            when voice.status = 'pending' and voice.attempt > 0 and voice.failed_attempt is distinct from voice.attempt::text then 'repeated'
            else 'lease_lost'
        end as outcome
    from unnest(@ids::uuid[], @attempts::integer[])
        with ordinality as f (id, attempt, nr)
    full join voice on voice.id = f.id
),
released as (
    update voices v
    set status = 'pending',
        max_attempts = v.max_attempts + 1,
        worker_id = null,
        lease_expires_at = null,
        processing_started_at = null,
        updated_at = statement_timestamp()
    from fence
    where v.id = fence.id
        and fence.outcome = 'applied'
)
select fence.id as voice_id, case fence.outcome when 'repeated' then 'applied' else fence.outcome end as outcome
from fence
order by fence.nr;
