-- A video and all its requests, as create_video and create_voice_requests make them, in one statement: there are all of them or none. When there is
-- such a video it does nothing and says false: of two calls at once the second waits for the first at the video's key. So no request is there to conflict.
with video as (
    insert into videos (id, title, description, background_video_path, metadata, priority, status)
    values (@videoId, @title, @description, @backgroundVideoPath, @metadata::jsonb, @priority, 'pending')
    on conflict (id) do nothing
    returning id
),
names as materialized (
    select n.name, r.id as mapping_id
    from (select distinct c.name from unnest(@characterNames::text[]) as c (name)) n
    left join lateral resolve_voice_mapping(n.name) as r (id) on true
),
created as (
    insert into voices (id, video_id, voice_mapping_id, character_name, text_content, position, priority, created_at, queue_at, max_attempts, trace_parent, status)
    select
        l.id,
        video.id,
        coalesce(l.voice_mapping_id, names.mapping_id),
        l.character_name,
        l.text_content,
        l.position - 1,
        @priority,
        statement_timestamp() + l.position * interval '1 microsecond',
        statement_timestamp() + (l.position - 1) * make_interval(secs => @queueStep),
        l.max_attempts,
        @traceParent,
        'pending'
    from unnest(@ids::uuid[], @voiceMappingIds::uuid[], @characterNames::text[], @textContents::text[], @maxAttempts::int[])
        with ordinality as l (id, voice_mapping_id, character_name, text_content, max_attempts, position)
    join names on names.name = l.character_name
    cross join video
)
select exists (select from video);
