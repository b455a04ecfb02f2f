-- The transaction that holds the initializer's lock is idle while the migrations run. Runs after lock_schema: as long as the last statement of a session is one
-- that reads, its portal keeps a snapshot, and CREATE INDEX CONCURRENTLY would wait for it.
set local idle_in_transaction_session_timeout to 0;
