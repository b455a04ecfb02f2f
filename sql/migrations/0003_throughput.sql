-- What a queue in a table needs to be fast and stay so: an index that a claim can enter in the middle, few indexes with room in them, early vacuuming, and
-- no trigger call where the statement has done its work.

-- All parts ascending, so that a row comparison with a claim's cursor is an index condition.
drop index idx_voices_claim;
create index idx_voices_claim on voices ((-priority), queue_at, id) where status = 'pending';

-- Only retries stand in it: when the next one may start is its first entry.
create index idx_voices_available on voices (available_at) where status = 'pending' and available_at is not null;

-- No statement that is run often reads it, and each of a request's updates writes to each index.
drop index idx_voices_voice_mapping_id;

-- The state stands in it, so that a video's counts are read from the index alone. That costs no update: none is HOT, each writes to every index.
drop index idx_voices_video_id_position;
create unique index idx_voices_video_id_position on voices (video_id, position) include (status) with (fillfactor = 70);

-- Room on each page, as above, for the entries of a request's updates, which else split full pages and search them for dead entries.
alter index voices_pkey set (fillfactor = 70);

-- Every request is updated twice at least, and no update is HOT, because the state is in the indexes' conditions.
alter table voices set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000);

-- The frequent statements of this library set updated_at themselves and save the call; the trigger serves all others and the Python services.
drop trigger update_voices_updated_at on voices;
create trigger update_voices_updated_at before update on voices
    for each row
    when (new.updated_at is not distinct from old.updated_at)
    execute function update_updated_at_column();
