-- Costs that do not grow with what waits or with what is finished.
-- Retries that wait leave the index of the claims: 100,000 of them stood before everything of a lower priority, and each claim read them all.
-- Whoever claims moves those whose time has come into it (queue/enqueue_due_retries.sql).
drop index if exists idx_voices_claim;

-- Who measures the queue for all workers, beside those who sleep: one.
alter table videovoice_listeners
    drop constraint if exists videovoice_listeners_waits_for_check,
    add constraint videovoice_listeners_waits_for_check check (waits_for in ('work', 'voices', 'statistics'));
create unique index if not exists idx_videovoice_listeners_statistics on videovoice_listeners (waits_for) where waits_for = 'statistics';
