-- Who keeps a migration waiting: sessions and prepared transactions that hold a lock on one of its tables; for an index that is built concurrently, any
-- open transaction of the database. The oldest first. Without the right to see it, a session's query is <insufficient privilege>.
select
    a.pid,
    a.usename::text as user_name,
    a.application_name,
    a.state,
    a.query,
    a.xact_start as since
from pg_stat_activity a
where a.datname = current_database()
    and a.pid not in (pg_backend_pid(), @ownPid)
    and (@concurrently and a.xact_start is not null
        or exists (
            select from pg_locks l
            where l.pid = a.pid
                and l.granted
                and l.relation in (to_regclass('voices'), to_regclass('videos'), to_regclass('voice_mappings'), to_regclass('settings'))))
union all
select null, p.owner::text, null, 'prepared transaction', p.gid, p.prepared
from pg_prepared_xacts p
where p.database = current_database()
order by since
limit 5;
