-- For the rest of this transaction the server reads tables by their indexes, in the order of one where it can: the plan of a batch that follows may have been
-- made on an empty table, where it costs nothing to read all there is and sort it.
select set_config('enable_seqscan', 'off', true) || set_config('enable_bitmapscan', 'off', true);
