-- One setting by its key.
select
    s.id,
    s.setting_key,
    s.setting_value,
    s.description,
    s.created_at,
    s.updated_at
from settings s
where s.setting_key = @settingKey;
