-- The highest migration applied. Fails with 42P01 on a database that no initializer has seen.
-- A view or a row security policy of that name would run its maker's functions with this user's rights, so the select is not reached then.
-- The types are exact, so that no planted operator fits better.
do $$
begin
    if exists (
        select from pg_catalog.pg_class c
        where c.oid = pg_catalog.to_regclass('videovoice_migrations')::oid
            and (c.relkind <> 'r'::"char" or c.relrowsecurity)
    ) then
        raise exception using errcode = '42809', message = 'videovoice_migrations is not the plain table that the initializer makes';
    end if;
end
$$;

select coalesce(max(version), 0) from videovoice_migrations;
