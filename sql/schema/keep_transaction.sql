-- The transaction that holds the initializer's lock is idle while the migrations run.
set local idle_in_transaction_session_timeout to 0;
