-- What went wrong with a request, attempt by attempt, in the order in which it happened.
-- What others wrote in another form reads as 0 or null and hides no other entry.
select
    case when e.error ->> 'attempt' ~ '^[0-9]{1,9}$' then (e.error ->> 'attempt')::integer else 0 end as attempt,
    e.error ->> 'worker_id' as worker_id,
    case when e.error ->> 'failed_at' ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:.]+[-+][0-9]{2}:[0-9]{2}$' then (e.error ->> 'failed_at')::timestamptz end as failed_at,
    case jsonb_typeof(e.error) when 'object' then e.error ->> 'message' else e.error #>> '{}' end as message
from voices v
cross join lateral jsonb_array_elements(case jsonb_typeof(v.errors) when 'array' then v.errors else jsonb_build_array(v.errors) end) with ordinality as e (error, nr)
where v.id = @id
order by e.nr;
