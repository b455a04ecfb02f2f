-- What keeps a database of the Python services from being adopted: objects that use a column whose type changes, columns of the names that are added, tables of
-- others. Nothing on a database that is adopted already, because its points in time have a zone.
with legacy as materialized (
    select c.oid as id, c.relname::text as name, c.relowner as owner
    from pg_class c
    where c.oid in (to_regclass('voices'), to_regclass('videos'), to_regclass('voice_mappings'), to_regclass('settings'))
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'created_at' and a.atttypid = 'timestamp'::regtype)
),
changing as (
    select l.id, l.name, a.attnum as number, a.attname::text as column_name
    from legacy l
    join pg_attribute a on a.attrelid = l.id and a.attname in ('created_at', 'updated_at', 'completed_at', 'processing_started_at', 'processing_completed_at')
),
status_view as (
    select c.oid as id
    from pg_class c
    where c.oid = to_regclass('video_processing_status')
        and exists (select from legacy)
),
users_of as (
    select d.classid as class, d.objid as id, d.objsubid as number, changing.name || '.' || changing.column_name as used
    from changing
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = changing.id and d.refobjsubid = changing.number
    union all
    select d.classid, d.objid, d.objsubid, 'video_processing_status'
    from status_view
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = status_view.id and d.deptype = 'n'
)
select 'view' as kind, r.ev_class::regclass::text as name, min(u.used) as uses
from users_of u
join pg_rewrite r on u.class = 'pg_rewrite'::regclass and r.oid = u.id
where r.ev_class not in (select status_view.id from status_view)
group by r.ev_class
union all
select 'policy', format('%I on %s', p.polname, p.polrelid::regclass), min(u.used)
from users_of u
join pg_policy p on u.class = 'pg_policy'::regclass and p.oid = u.id
group by p.polname, p.polrelid
union all
select 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass), min(u.used)
from users_of u
join pg_trigger t on u.class = 'pg_trigger'::regclass and t.oid = u.id
group by t.tgname, t.tgrelid
union all
select 'generated column', format('%s.%I', a.attrelid::regclass, a.attname), min(u.used)
from users_of u
left join pg_attrdef f on u.class = 'pg_attrdef'::regclass and f.oid = u.id
-- Before PostgreSQL 15 the column itself depends on the other, not its expression.
join pg_attribute a on a.attgenerated <> ''
    and (a.attrelid = f.adrelid and a.attnum = f.adnum or u.class = 'pg_class'::regclass and a.attrelid = u.id and a.attnum = u.number)
group by a.attrelid, a.attname
union all
select 'index', i.indexrelid::regclass::text, min(u.used)
from users_of u
join pg_index i on u.class = 'pg_class'::regclass and i.indexrelid = u.id and (i.indpred is not null or i.indexprs is not null)
group by i.indexrelid
union all
select 'function', p.oid::regprocedure::text, min(u.used)
from users_of u
join pg_proc p on u.class = 'pg_proc'::regclass and p.oid = u.id
group by p.oid
union all
select 'publication', pub.pubname::text, min(u.used)
from users_of u
join pg_publication_rel p on u.class = 'pg_publication_rel'::regclass and p.oid = u.id
join pg_publication pub on pub.oid = p.prpubid
group by pub.pubname
union all
select 'column', l.name || '.' || a.attname, null
from legacy l
join pg_attribute a on a.attrelid = l.id and not a.attisdropped
where l.name = 'voices' and a.attname in (
        'position', 'priority', 'queue_at', 'available_at', 'attempt', 'max_attempts', 'worker_id', 'lease_expires_at', 'errors', 'trace_parent', 'failures', 'claim_id')
    or l.name = 'videos' and a.attname in ('error_message', 'priority')
union all
select 'table', l.name, r.rolname
from legacy l
join pg_roles r on r.oid = l.owner
where not pg_has_role(l.owner, 'usage')
order by 1, 2;
