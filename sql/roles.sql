-- Gives the roles of a deployment exactly what they need in the schema that is first on the path: run as the owner of the tables, after the migrations.
-- The names come from two settings of the session; one that is not set or empty is left out: set videovoice.application_role = 'app'; quoting is the server's.
do $$
declare
    application text := nullif(current_setting('videovoice.application_role', true), '');
    monitoring text := nullif(current_setting('videovoice.monitoring_role', true), '');
begin
    -- A grant of somebody else is a warning, which nobody reads.
    if not pg_has_role(current_user, (select relowner from pg_class where oid = 'voices'::regclass), 'usage') then
        raise insufficient_privilege using message = format('must be owner of table voices, and %I is not', current_user);
    end if;

    -- What the managers and workers send.
    if application is not null then
        execute format('revoke all on voices, videos, voice_mappings, settings, videovoice_listeners, videovoice_late_writes, videovoice_migrations, video_processing_status from %I', application);
        execute format('grant usage on schema %I to %I', current_schema(), application);
        execute format('grant select, insert, update, delete on voices, videos, voice_mappings, settings, videovoice_listeners to %I', application);
        execute format('grant select on videovoice_late_writes, videovoice_migrations, video_processing_status to %I', application);
    end if;

    -- What StatusManager and the health checks read.
    if monitoring is not null then
        execute format('revoke all on voices, videos, voice_mappings, settings, videovoice_listeners, videovoice_late_writes, videovoice_migrations, video_processing_status from %I', monitoring);
        execute format('grant usage on schema %I to %I', current_schema(), monitoring);
        execute format('grant select on voices, videos, videovoice_late_writes, videovoice_migrations, video_processing_status to %I', monitoring);
    end if;
end
$$;
