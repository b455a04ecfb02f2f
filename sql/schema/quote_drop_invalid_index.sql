-- The statement that drops what an interrupted CREATE INDEX CONCURRENTLY of this migration has left; the server quotes the names. No row when there is nothing to
-- drop. Invalid is an index that somebody else builds at this moment, too: so only the one of this migration's name.
select format('drop index concurrently if exists %I.%I', n.nspname, c.relname)
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where i.indrelid in (to_regclass('voices'), to_regclass('videos'))
    and not i.indisvalid
    and substr(@migration, 6) = c.relname || '_concurrently';
