-- Hands create_schema the name for this transaction; DO takes no parameters.
select set_config('videovoice.schema', @schema, true);
