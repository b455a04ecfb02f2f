-- Gives claimed requests back unspoken. The attempt is not counted: max_attempts rises by one, because lowering attempt would let an old fence fit again.
-- Rows are locked by primary key, in id order.
with fence as (
    select f.id, f.attempt, f.nr
    from unnest(@ids::uuid[], @attempts::integer[]) with ordinality as f (id, attempt, nr)
),
voice as materialized (
    select v.id, v.status, v.attempt, v.lease_expires_at
    from voices v
    where v.id = any(@ids::uuid[])
    order by v.id
    for update
),
released as (
    update voices v
    set status = 'pending',
        max_attempts = v.max_attempts + 1,
        worker_id = null,
        lease_expires_at = null,
        processing_started_at = null,
        updated_at = statement_timestamp()
    from voice
    join fence on fence.id = voice.id and fence.attempt = voice.attempt
    where v.id = voice.id
        and voice.status = 'processing'
        and voice.lease_expires_at is not null
    returning v.id
)
select
    fence.id as voice_id,
    case
        when released.id is not null then 'applied'
        when voice.id is null then 'not_found'
        when voice.attempt <> fence.attempt then 'lease_lost'
        when voice.status in ('completed', 'failed') then 'already_finished'
        else 'lease_lost'
    end as outcome
from fence
left join voice on voice.id = fence.id
left join released on released.id = fence.id and fence.attempt = voice.attempt
order by fence.nr;
