-- Inserts or updates one setting; a description that is not given (null) stays.
insert into settings as s (setting_key, setting_value, description)
values (@settingKey, @settingValue, @description)
on conflict (setting_key) do update
set setting_value = excluded.setting_value,
    description = coalesce(excluded.description, s.description);
