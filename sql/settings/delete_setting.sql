-- Deletes one setting.
delete from settings
where setting_key = @settingKey;
