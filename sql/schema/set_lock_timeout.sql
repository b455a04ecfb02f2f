-- How long a migration waits for each lock; whoever comes after it waits behind it. For the transaction, or for the session.
select set_config('lock_timeout', @milliseconds::text, @local);
