-- Costs that do not grow with what waits or with what is finished.
-- Retries that wait leave the index of the claims: 100,000 of them stood before everything of a lower priority, and each claim read them all.
-- Whoever claims moves those whose time has come into it (queue/enqueue_due_retries.sql).
drop index idx_voices_claim;
create index idx_voices_claim on voices ((-priority), queue_at, id) where status = 'pending' and available_at is null;

-- Whether a request refers to a mapping, for the mapping's deletion: without it the table is read twice, under a lock for which new requests wait.
-- A summary of 32 pages each instead of an entry for each row, so an update writes nothing into it.
create index idx_voices_voice_mapping_id on voices using brin (voice_mapping_id uuid_bloom_ops (n_distinct_per_range = 32))
    with (pages_per_range = 32, autosummarize = on);

-- Who measures the queue for all workers, beside those who sleep: one.
alter table videovoice_listeners
    drop constraint videovoice_listeners_waits_for_check,
    add constraint videovoice_listeners_waits_for_check check (waits_for in ('work', 'voices', 'statistics'));
create unique index idx_videovoice_listeners_statistics on videovoice_listeners (waits_for) where waits_for = 'statistics';
