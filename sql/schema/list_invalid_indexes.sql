-- The statements that drop what an interrupted CREATE INDEX CONCURRENTLY has left; the server quotes the names.
select format('drop index concurrently if exists %I.%I', n.nspname, c.relname) as statement
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where i.indrelid in (to_regclass('voices'), to_regclass('videos'))
    and not i.indisvalid
    and c.relname like 'idx\_%'
order by c.relname;
