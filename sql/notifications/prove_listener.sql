-- Sent once by a process to itself over another connection: a pooler that shares connections accepts LISTEN and passes nothing on.
select pg_notify(@channel, 'proof');
