-- Points in time that no session's zone can shift, an order for a video's requests, one default mapping, and the columns of the work queue.
-- The initializer has set this transaction's TimeZone to the zone of the old values; with UTC no table is rewritten, because no USING clause is given.
-- Whatever is there already is left as it is, so that a database that has lost its record of migrations goes through them again.
-- All locks come first, in the order in which an insert of a request takes them.
lock table voices, videos, voice_mappings, settings in access exclusive mode;

drop view if exists video_processing_status;

-- A condition of later migrations names a column whose type is set here. 0006 makes the trigger that stays.
drop trigger if exists update_voices_updated_at on voices;

-- Its column changes its type, and the index would be built anew under the lock.
drop index if exists idx_videos_created_at;

alter table voice_mappings
    alter column created_at type timestamptz,
    alter column updated_at type timestamptz;

alter table videos
    alter column created_at type timestamptz,
    alter column updated_at type timestamptz,
    alter column completed_at type timestamptz,
    add column if not exists error_message text,
    add column if not exists priority integer not null default 0;

-- clock_timestamp() moves within a transaction: the requests that the Python generator inserts in one transaction keep their order by created_at.
-- queue_at gets its default in a step of its own, because adding a column with a volatile default rewrites the table.
alter table voices
    alter column created_at type timestamptz,
    alter column updated_at type timestamptz,
    alter column processing_started_at type timestamptz,
    alter column processing_completed_at type timestamptz,
    alter column created_at set default clock_timestamp(),
    add column if not exists position integer,
    add column if not exists priority integer not null default 0,
    add column if not exists queue_at timestamptz,
    add column if not exists available_at timestamptz,
    add column if not exists attempt integer not null default 0,
    add column if not exists max_attempts integer not null default 3,
    add column if not exists worker_id text,
    add column if not exists lease_expires_at timestamptz,
    add column if not exists errors jsonb not null default '[]',
    add column if not exists trace_parent text;

alter table voices alter column queue_at set default clock_timestamp();
create trigger update_voices_updated_at before update on voices
    for each row execute function update_updated_at_column();

alter table settings
    alter column created_at type timestamptz,
    alter column updated_at type timestamptz;

-- Several defaults were possible; the oldest stays, and the initializer tells the others.
update voice_mappings
set is_default = false
where is_default
    and id <> (select m.id from voice_mappings m where m.is_default order by m.created_at, m.id limit 1)
returning voice_id;

create unique index if not exists idx_voice_mappings_one_default on voice_mappings (is_default) where is_default;

-- The one rule by which a character gets its mapping: its name as voice_id, without regard to case; else the default mapping, where the setting allows.
-- At most one row. A set, because the planner puts only such a function's text into the statement that calls it; any other is planned anew at each call.
-- Its body is parsed here and now, so its names mean the same whatever the caller's path is.
-- In DO, because a client that splits statements at their semicolons would cut it in two.
do $migration$
begin
    execute $function$
        create or replace function resolve_voice_mapping(name text) returns setof uuid rows 1 language sql stable
        begin atomic
            select m.id
            from voice_mappings m
            where m.voice_id = name
                or lower(m.voice_id) = lower(name)
                or (m.is_default and exists (select from settings s where s.setting_key = 'fallback_to_default' and lower(s.setting_value) = 'true'))
            order by (m.voice_id = name) is true desc, (lower(m.voice_id) = lower(name)) is true desc
            limit 1;
        end
    $function$;
end
$migration$;

-- The trigger's function, on any path.
alter function update_updated_at_column() set search_path to pg_catalog, pg_temp;

-- Who sleeps: a process that waits for work or for finished voices, by the notification channel of its own. Unlogged and with an end, because it is only a hint.
create unlogged table if not exists videovoice_listeners (
    waits_for text not null check (waits_for in ('work', 'voices')),
    channel text not null,
    expires_at timestamptz not null,
    primary key (waits_for, channel)
);

create view video_processing_status as
select
    v.id as video_id,
    v.title,
    v.status as video_status,
    v.created_at as video_created_at,
    count(vo.video_id) as total_voices,
    count(*) filter (where vo.status = 'completed') as completed_voices,
    count(*) filter (where vo.status = 'failed') as failed_voices,
    count(*) filter (where vo.status in ('pending', 'processing')) as pending_voices
from videos v
left join voices vo on vo.video_id = v.id
group by v.id, v.title, v.status, v.created_at;
