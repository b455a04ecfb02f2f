-- How much there is to adopt: the rows by the statistics, which are exact enough for an estimate, and whether the points in time have to be rewritten, as they
-- have to with every zone whose clock is not UTC at all times.
select
    coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)) filter (where c.relname = 'voices'), 0)::bigint as voices,
    coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)) filter (where c.relname = 'videos'), 0)::bigint as videos,
    count(*) > 0 and lower(@zone) not in ('utc', 'etc/utc', 'gmt', 'etc/gmt', 'uct', 'etc/uct', 'zulu', 'etc/zulu', 'universal', 'etc/universal', 'greenwich', 'etc/greenwich') as rewrites_tables
from pg_class c
where c.oid in (to_regclass('voices'), to_regclass('videos'))
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'created_at' and a.atttypid = 'timestamp'::regtype);
