-- The process is awake, or ends.
delete from videovoice_listeners
where channel = @channel
    and waits_for = any(@waitsFor::text[]);
