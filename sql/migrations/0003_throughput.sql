-- What a queue in a table needs to be fast and stay so: few indexes, early vacuuming, and no trigger call where the statement has done its work.
-- The indexes that are dropped here were made by earlier versions; what takes their place is built later, while others write.
lock table voices in access exclusive mode;

drop index if exists idx_voices_claim;
drop index if exists idx_voices_video_id_position;

-- No statement that is run often reads it, and each of a request's updates writes to each index.
drop index if exists idx_voices_voice_mapping_id;

-- Room on each page for the entries of a request's updates, which else split full pages and search them for dead entries.
alter index voices_pkey set (fillfactor = 70);

-- Every request is updated twice at least, and no update is HOT, because the state is in the indexes' conditions.
alter table voices set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 50000);

-- The frequent statements of this library set updated_at themselves and save the call; the trigger serves all others and the Python services.
drop trigger if exists update_voices_updated_at on voices;
create trigger update_voices_updated_at before update on voices
    for each row
    when (new.updated_at is not distinct from old.updated_at)
    execute function update_updated_at_column();
