-- Inserts or updates one mapping. Two statements, one transaction: the lock must be held before the snapshot that looks for the old default is taken.
-- DO, because a select of the lock would be the first result.
do $$ begin perform pg_advisory_xact_lock(hashtextextended('VideoVoice.Data/voice_mappings/' || current_schema(), 0)); end $$;

with replaced as (
    update voice_mappings
    set is_default = false
    where is_default
        and @isDefault
        and voice_id <> @voiceId
    returning id
)
insert into voice_mappings as m (voice_id, voice_name, voice_file, description, gender, language, quality, is_default)
select @voiceId, @voiceName, @voiceFile, @description, @gender, @language, @quality, @isDefault
from (select count(*) from replaced) as after_replaced
on conflict (voice_id) do update
set voice_name = excluded.voice_name,
    voice_file = excluded.voice_file,
    description = excluded.description,
    gender = excluded.gender,
    language = excluded.language,
    quality = excluded.quality,
    is_default = m.is_default or excluded.is_default
returning m.id;
