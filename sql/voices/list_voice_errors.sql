-- What went wrong with a request, attempt by attempt, in the order in which it happened.
select
    (e.error ->> 'attempt')::integer as attempt,
    e.error ->> 'worker_id' as worker_id,
    (e.error ->> 'failed_at')::timestamptz as failed_at,
    e.error ->> 'message' as message
from voices v
cross join lateral jsonb_array_elements(v.errors) with ordinality as e (error, nr)
where v.id = @id
order by e.nr;
