-- Gives the open requests of the Python services their place in the queue, by the time of their creation, 5,000 rows in a transaction: others write meanwhile.
-- What a transaction has written is committed; interrupted, it goes on with the rest. The time of the last change is not a person's, so it stays as it is.
do $$
begin
    loop
        with old as materialized (
            select v.ctid
            from voices v
            where v.queue_at is null
                and v.created_at is not null
                and v.status in ('pending', 'processing')
            order by v.id
            limit 5000
            for update
        )
        update voices v
        set queue_at = v.created_at
        from old
        where v.ctid = old.ctid;
        exit when not found;
        commit;
    end loop;
end
$$;
