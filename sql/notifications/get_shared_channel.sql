-- The channel of notify_on_commit. Channels belong to the database, so the name carries the schema, hashed because a name has at most 63 bytes.
select 'videovoice_' || md5(current_schema());
