-- What a back-off counts, and by what a claim whose answer was lost is read back. No table is rewritten: one default is a constant, the other null.
alter table voices
    add column failures integer not null default 0,
    add column claim_id uuid;
