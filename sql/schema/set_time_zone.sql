-- The zone in which this transaction reads the timestamps without one. Gives no row where the server does not know the zone by name.
select set_config('TimeZone', z.name, true)
from pg_timezone_names z
where lower(z.name) = lower(@zone);
