-- What somebody else could use to run code with this user's rights: objects of the library's names, and functions and operators of any name, that an untrusted
-- role owns in the schemas of the path; and roles that may create such objects there. Trusted are this user, superusers, the owners of the database and of the
-- schema, and roles that this user is a member of. Runs with a path of pg_catalog alone, so nothing in it can be captured.
with recursive mine (id) as (
    select r.oid from pg_roles r where r.rolname = current_user
    union
    select m.roleid from pg_auth_members m join mine on mine.id = m.member
),
trusted (id) as (
    select mine.id from mine
    union
    select r.oid from pg_roles r where r.rolsuper
    union
    select d.datdba from pg_database d where d.datname = current_database()
    union
    select r.oid from pg_roles r where r.rolname = 'pg_database_owner'
),
path as materialized (
    select n.oid as id, n.nspname as name, n.nspowner as owner
    from pg_namespace n
    where n.nspname::text = any(@schemas::text[])
),
owned as (
    select 'relation' as kind, c.relname::text as name, c.relowner as owner, path.owner as schema_owner
    from pg_class c
    join path on path.id = c.relnamespace
    where c.relname in ('voice_mappings', 'videos', 'voices', 'settings', 'videovoice_migrations', 'videovoice_listeners', 'videovoice_late_writes', 'video_processing_status')
    union all
    select 'type', t.typname::text, t.typowner, path.owner
    from pg_type t
    join path on path.id = t.typnamespace
    where t.typname in ('video_status', 'voice_status')
    union all
    select 'function', p.proname::text, p.proowner, path.owner
    from pg_proc p
    join path on path.id = p.pronamespace
    union all
    select 'operator', o.oprname::text, o.oprowner, path.owner
    from pg_operator o
    join path on path.id = o.oprnamespace
)
select owned.kind, owned.name, r.rolname::text as role
from owned
join pg_roles r on r.oid = owned.owner
where owned.owner <> owned.schema_owner
    and owned.owner not in (select trusted.id from trusted)
union all
select 'schema', path.name::text, r.rolname::text
from path
join pg_roles r on r.rolcanlogin
    and r.oid <> path.owner
    and r.oid not in (select trusted.id from trusted)
where has_schema_privilege(r.oid, path.id, 'create')
    and has_database_privilege(r.oid, current_database(), 'connect')
union all
select 'database', current_database()::text, r.rolname::text
from pg_roles r
where @path like '%"$user"%'
    and not exists (select from pg_namespace n where n.nspname = current_user)
    and r.rolcanlogin
    and r.oid not in (select trusted.id from trusted)
    and has_database_privilege(r.oid, current_database(), 'create')
    and has_database_privilege(r.oid, current_database(), 'connect')
order by 1, 2, 3;
