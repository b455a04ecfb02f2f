-- Makes the schema that the option names; quoting is the server's.
do $$
begin
    execute format('create schema if not exists %I', current_setting('videovoice.schema'));
end
$$;
