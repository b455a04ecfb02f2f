-- What a back-off counts, and by what a claim whose answer was lost is read back. No table is rewritten: one default is a constant, the other null.
-- The bounds keep a count that somebody sets by hand from overflowing in a claim, which would fail all of its requests. NOT VALID: no row is read, only new writes are checked.
alter table voices
    add column if not exists failures integer not null default 0,
    add column if not exists claim_id uuid,
    drop constraint if exists voices_attempts_check,
    add constraint voices_attempts_check check (
        attempt between 0 and 1000000000 and max_attempts between 0 and 1000000000 and failures between 0 and 1000000000) not valid;
