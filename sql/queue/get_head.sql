-- The first request that waits, where the next claim of a worker with loaded voices starts: those that it takes may stand behind others that stay.
-- A time that .NET cannot hold is no place to start at, and gives no row. Takes no lock: what others are about to take still counts as waiting.
select
    -v.priority as cursor_priority,
    v.queue_at as cursor_queued,
    v.id as cursor_id
from (
    select w.priority, w.queue_at, w.id
    from voices w
    where w.status = 'pending'
        and w.available_at is null
        and (-w.priority, w.queue_at, w.id) >= (@cursorPriority, @cursorQueued, @cursorId)
    order by -w.priority, w.queue_at, w.id
    limit 1
) v
where v.queue_at between '0001-01-02+00' and '9999-12-30+00';
