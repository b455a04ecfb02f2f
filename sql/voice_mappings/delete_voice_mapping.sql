-- Deletes a mapping, unless it is the default or a voice request refers to it. The row lock keeps new references away.
-- Two statements, one transaction: the lock must be held before the snapshot that looks for references is taken, or a request whose insert
-- the lock waited for is not seen. The first deletes nothing; a select of the lock would be the first result.
with mapping as materialized (
    select m.id, true as is_locked
    from voice_mappings m
    where m.voice_id = @voiceId
    for update
)
delete from voice_mappings m
using mapping
where m.id = mapping.id
    and not mapping.is_locked;

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
