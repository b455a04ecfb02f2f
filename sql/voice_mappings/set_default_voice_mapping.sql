-- Makes one mapping the default and takes the flag from the one that had it; an unknown voice_id changes nothing.
-- Two statements, one transaction: the lock must be held before the snapshot that looks for the old default is taken.
do $$ begin perform pg_advisory_xact_lock(hashtextextended('VideoVoice.Data/voice_mappings/' || current_schema(), 0)); end $$;

with chosen as materialized (
    select m.id
    from voice_mappings m
    where m.voice_id = @voiceId
),
replaced as (
    update voice_mappings m
    set is_default = false
    from chosen
    where m.is_default
        and m.id <> chosen.id
    returning m.id
),
updated as (
    update voice_mappings m
    set is_default = true
    from chosen, (select count(*) from replaced) as after_replaced
    where m.id = chosen.id
    returning m.id
)
select exists (select from updated);
