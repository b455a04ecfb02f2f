-- All mappings by display name.
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
from voice_mappings m
order by m.voice_name, m.voice_id;
