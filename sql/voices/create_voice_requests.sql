-- All requests of a video in one statement; a position that is taken is left as it is, so a repeat is harmless.
-- A request without a mapping gets the one that its character has now, resolved once a name.
-- created_at rises by a microsecond for each request, so that a reader that orders by it alone gets the conversation in order.
with names as materialized (
    select n.name, r.id as mapping_id
    from (select distinct c.name from unnest(@characterNames::text[]) as c (name)) n
    left join lateral resolve_voice_mapping(n.name) as r (id) on true
)
insert into voices (id, video_id, voice_mapping_id, character_name, text_content, position, priority, created_at, queue_at, max_attempts, trace_parent, status)
select
    l.id,
    @videoId,
    coalesce(l.voice_mapping_id, names.mapping_id),
    l.character_name,
    l.text_content,
    l.position - 1,
    coalesce((select v.priority from videos v where v.id = @videoId), 0),
    statement_timestamp() + l.position * interval '1 microsecond',
    statement_timestamp() + (l.position - 1) * make_interval(secs => @queueStep),
    l.max_attempts,
    @traceParent,
    'pending'
from unnest(@ids::uuid[], @voiceMappingIds::uuid[], @characterNames::text[], @textContents::text[], @maxAttempts::int[])
    with ordinality as l (id, voice_mapping_id, character_name, text_content, max_attempts, position)
join names on names.name = l.character_name
order by l.position
on conflict do nothing;
