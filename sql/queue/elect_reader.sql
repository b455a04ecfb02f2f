-- Whether this process is the one of its fleet that measures the queue: the first that asks, until it no longer does. At most one row can say so, and who
-- does not get it waits for nobody longer than for that row.
insert into videovoice_listeners (waits_for, channel, expires_at)
values ('statistics', @reader, statement_timestamp() + make_interval(secs => @seconds))
on conflict (waits_for) where waits_for = 'statistics' do update
set channel = excluded.channel,
    expires_at = excluded.expires_at
where videovoice_listeners.channel = excluded.channel
    or videovoice_listeners.expires_at < statement_timestamp()
returning true;
