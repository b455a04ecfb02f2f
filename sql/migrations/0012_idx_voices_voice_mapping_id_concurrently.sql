-- Whether a request refers to a mapping, for the mapping's deletion: without it the table is read twice, under a lock for which new requests wait.
-- A summary of 32 pages each instead of an entry for each row, so an update writes nothing into it.
create index concurrently if not exists idx_voices_voice_mapping_id on voices using brin (voice_mapping_id uuid_bloom_ops (n_distinct_per_range = 32))
    with (pages_per_range = 32, autosummarize = on);
