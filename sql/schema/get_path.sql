-- The schemas that names are looked up in, and whether one of the user's name would be among them if it were there.
select
    current_schemas(false)::text[] as schemas,
    current_setting('search_path') as path;
