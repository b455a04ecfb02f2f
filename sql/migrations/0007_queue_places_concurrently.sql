-- Gives the open requests of the Python services their place in the queue, by the time of their creation, 5,000 rows in a transaction: others write meanwhile.
-- Interrupted, it begins again and finds what is done. The walk goes on from the last id, so that no row is read twice. updated_at stays as it is.
do $$
declare
    last uuid := '00000000-0000-0000-0000-000000000000';
begin
    loop
        with old as materialized (
            select v.id, v.ctid
            from voices v
            where v.id > last
                and v.queue_at is null
                and v.status in ('pending', 'processing')
            order by v.id
            limit 5000
            for update
        ),
        placed as (
            update voices v
            set queue_at = v.created_at
            from old
            where v.ctid = old.ctid
            returning old.id
        )
        select p.id
        into last
        from placed p
        order by p.id desc
        limit 1;
        exit when not found;
        commit;
    end loop;
end
$$;
