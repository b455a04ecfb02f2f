-- One initializer at a time for a schema of a database, until the end of the transaction: IF NOT EXISTS alone fails under concurrency.
-- Does not wait, because CREATE INDEX CONCURRENTLY waits for every statement that is running, this one too.
select pg_try_advisory_xact_lock(hashtextextended('VideoVoice.Data/' || coalesce(current_schema(), ''), 0));
