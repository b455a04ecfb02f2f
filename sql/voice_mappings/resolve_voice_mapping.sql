-- The mapping of a character: the rule stands in the function of migration 0002.
select
    m.id,
    m.voice_id,
    m.voice_name,
    m.voice_file,
    m.description,
    m.gender,
    m.language,
    m.quality,
    coalesce(m.is_default, false) as is_default,
    m.created_at,
    m.updated_at
from resolve_voice_mapping(@characterName) as r (id)
join voice_mappings m on m.id = r.id;
