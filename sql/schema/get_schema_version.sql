-- The highest migration applied. Fails with 42P01 on a database that no initializer has seen.
select coalesce(max(version), 0) from videovoice_migrations;
