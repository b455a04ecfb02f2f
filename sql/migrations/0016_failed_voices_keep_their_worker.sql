-- What was failed by a worker that has leases keeps its name when something else of it is written later, such as its priority: only who finishes a request
-- without setting updated_at, as the Python services do, leaves none. Replaces the function of 0006; no table is locked.
do $migration$
begin
    execute $function$
        create or replace function keep_finished_voices() returns trigger language plpgsql
            security definer set search_path to pg_catalog, pg_temp as $body$
        begin
            -- Refused: to change status or audio of what is completed; to report a failure of a request whose worker has a lease, and so reports itself. Who
            -- changes the lease as well knows of it.
            if old.status = 'completed' and (new.status, new.output_audio_path, new.is_local_storage, new.remote_storage_path)
                    is distinct from (old.status, old.output_audio_path, old.is_local_storage, old.remote_storage_path)
                or old.status = 'processing' and new.status = 'failed'
                    and old.lease_expires_at > clock_timestamp() and new.lease_expires_at is not distinct from old.lease_expires_at
                    and new.error_message is distinct from old.error_message
            then
                execute format('insert into %I.videovoice_late_writes as w (day, writes) values (current_date, 1) on conflict (day) do update set writes = w.writes + 1', tg_table_schema);
                return null;
            end if;

            -- A place in the queue that is given later (0007) is no change of the request.
            if new.queue_at is distinct from old.queue_at and new.status is not distinct from old.status then
                return new;
            end if;

            if new.status in ('completed', 'failed') and new.status is distinct from old.status then
                new.worker_id = null;
                new.lease_expires_at = null;
            end if;

            new.updated_at = current_timestamp;
            return new;
        end
        $body$
    $function$;
end
$migration$;
