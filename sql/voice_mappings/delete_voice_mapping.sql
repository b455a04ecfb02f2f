-- Deletes a mapping, unless it is the default or a voice request refers to it. The row lock keeps new references away.
with mapping as materialized (
    select m.id, m.is_default
    from voice_mappings m
    where m.voice_id = @voiceId
    for update
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
