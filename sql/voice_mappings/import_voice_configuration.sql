-- Mappings and settings of one configuration file, all or nothing. The mapping with the voice_id default becomes the default.
-- The old default loses its flag before the new one gets it: outside the file in the first step, inside it by the order of the rows.
-- Two statements, one transaction: the lock must be held before the snapshot that looks for the old default is taken.
do $$ begin perform pg_advisory_xact_lock(hashtextextended('VideoVoice.Data/voice_mappings/' || current_schema(), 0)); end $$;

with replaced as (
    update voice_mappings
    set is_default = false
    where is_default
        and 'default' = any(@voiceIds::text[])
        and voice_id <> all(@voiceIds::text[])
    returning id
),
mappings as (
    insert into voice_mappings as m (voice_id, voice_name, voice_file, description, gender, language, quality, is_default)
    select n.voice_id, n.voice_name, n.voice_file, n.description, n.gender, n.language, n.quality, n.voice_id = 'default'
    from (select count(*) from replaced) as after_replaced,
        unnest(@voiceIds::text[], @voiceNames::text[], @voiceFiles::text[], @descriptions::text[], @genders::text[], @languages::text[], @qualities::text[])
            as n (voice_id, voice_name, voice_file, description, gender, language, quality)
    order by n.voice_id = 'default'
    on conflict (voice_id) do update
    set voice_name = excluded.voice_name,
        voice_file = excluded.voice_file,
        description = excluded.description,
        gender = excluded.gender,
        language = excluded.language,
        quality = excluded.quality,
        is_default = excluded.is_default or (m.is_default and 'default' <> all(@voiceIds::text[]))
)
insert into settings (setting_key, setting_value)
select n.setting_key, n.setting_value
from unnest(@settingKeys::text[], @settingValues::text[]) as n (setting_key, setting_value)
on conflict (setting_key) do update
set setting_value = excluded.setting_value;
