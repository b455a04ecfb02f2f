-- Says that this process sleeps: whoever changes something after this has committed tells it. Ended registrations of processes that died go away here.
with ended as (
    delete from videovoice_listeners
    where expires_at < statement_timestamp()
        and channel <> @channel
)
insert into videovoice_listeners (waits_for, channel, expires_at)
select w.waits_for, @channel, statement_timestamp() + make_interval(secs => @seconds)
from unnest(@waitsFor::text[]) as w (waits_for)
on conflict (waits_for, channel) do update
set expires_at = excluded.expires_at;
