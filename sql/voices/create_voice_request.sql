-- One request in state pending, with the mapping that its character has now, unless one is given. A repeated create with the same id, or for a position that is taken, changes nothing.
insert into voices (id, video_id, voice_mapping_id, character_name, text_content, position, priority, queue_at, max_attempts, trace_parent, status)
select
    @id,
    @videoId,
    coalesce(@voiceMappingId, (select r.id from resolve_voice_mapping(@characterName) as r (id))),
    @characterName,
    @textContent,
    @position,
    coalesce((select v.priority from videos v where v.id = @videoId), 0),
    clock_timestamp() + coalesce(@position, 0) * make_interval(secs => @queueStep),
    @maxAttempts,
    @traceParent,
    'pending'
on conflict do nothing;
