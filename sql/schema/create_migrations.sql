-- The record of what was applied. Runs behind the lock of lock_schema.
create table if not exists videovoice_migrations (
    version integer primary key,
    name text not null,
    applied_at timestamptz not null default clock_timestamp()
);
