-- Deletes a mapping, unless it is the default or a voice request refers to it. The row lock keeps new references away.
-- Two statements, one transaction: the lock must be held before the snapshot that looks for references is taken, or a request whose insert
-- the lock waited for is not seen. The first deletes nothing; a select of the lock would be the first result. And it lets the second use
-- idx_voices_voice_mapping_id, which only names pages: the session forbids such scans elsewhere.
with mapping as materialized (
    select m.id, set_config('enable_bitmapscan', 'on', true) as setting
    from voice_mappings m
    where m.voice_id = @voiceId
    for update
)
delete from voice_mappings m
using mapping
where m.id = mapping.id
    and mapping.setting is null;

with mapping as materialized (
    select m.id, m.is_default
    from voice_mappings m
    where m.voice_id = @voiceId
),
deleted as (
    delete from voice_mappings m
    using mapping
    where m.id = mapping.id
        and mapping.is_default is not true
        and not exists (select from voices v where v.voice_mapping_id = mapping.id)
    returning m.id
)
select case
    when exists (select from deleted) then 'applied'
    when not exists (select from mapping) then 'not_found'
    else 'not_allowed'
end;
