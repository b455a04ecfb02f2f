-- One initializer at a time for a schema of a database, until the end of the transaction: IF NOT EXISTS alone fails under concurrency.
select pg_advisory_xact_lock(hashtextextended('VideoVoice.Data/' || coalesce(current_schema(), ''), 0));
