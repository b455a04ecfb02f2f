-- One request in state pending. A repeated create with the same id, or for a position that is taken, changes nothing.
insert into voices (id, video_id, voice_mapping_id, character_name, text_content, position, priority, queue_at, max_attempts, status)
select
    @id,
    @videoId,
    @voiceMappingId,
    @characterName,
    @textContent,
    @position,
    coalesce((select v.priority from videos v where v.id = @videoId), 0),
    clock_timestamp() + coalesce(@position, 0) * make_interval(secs => @queueStep),
    @maxAttempts,
    'pending'
on conflict do nothing;
