-- Claims and fences for cloners that are not written in .NET: one select each, over the rules of the library. Run as the owner of the tables, after the
-- migrations and after each new version, with the schema of the tables first on the search_path. Each call is one transaction: commit after it.
-- Between "-- NAME.sql" and "-- end" stands the library's own statement; a test compares it, and writes it here with VIDEOVOICE_UPDATE_GOLDEN=1.

-- Takes up to max_voices requests for a worker, each with a lease. First it puts back what has a lease that ended, and retries whose time has come.
create or replace function claim_voices(worker_id text, max_voices integer default 1, lease_seconds float8 default 60, claim_id uuid default null)
returns table (
    id uuid, video_id uuid, "position" integer, character_name varchar, text_content text, attempt integer, max_attempts integer, priority integer,
    trace_parent text, created_at timestamptz, queue_at timestamptz, waited_seconds float8, voice_mapping_id uuid, mapping_voice_id varchar,
    voice_file varchar, language varchar, previous_worker_id text)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
<<claim_voices>>
declare
    limit integer := max_voices;
    cursor_priority constant integer := -2147483648;
    cursor_queued constant timestamptz := '-infinity';
    cursor_id constant uuid := '00000000-0000-0000-0000-000000000000';
    requeued_count bigint;
begin
    if worker_id is null or worker_id = '' or length(worker_id) > 200 then
        raise invalid_parameter_value using message = 'worker_id must have 1 to 200 characters.';
    end if;
    if max_voices is null or max_voices not between 1 and 10000 then
        raise invalid_parameter_value using message = format('max_voices is %s. Give a number from 1 to 10000.', coalesce(max_voices::text, 'null'));
    end if;
    if lease_seconds is null or lease_seconds not between 0.1 and 86400 then
        raise invalid_parameter_value using message = format('lease_seconds is %s. Give 0.1 to 86400.', coalesce(lease_seconds::text, 'null'));
    end if;

    with requeued as (
        -- queue/requeue_lapsed_voices.sql
        with lapsed as materialized (
            select v.ctid, v.attempt >= v.max_attempts as is_exhausted
            from voices v
            where v.status = 'processing'
                and v.lease_expires_at < statement_timestamp()
            order by v.lease_expires_at
            limit claim_voices.limit
            for update skip locked
        )
        update voices v
        set status = case when lapsed.is_exhausted then 'failed' else 'pending' end::voice_status,
            error_message = case when lapsed.is_exhausted then format('The lease of worker %s expired and no attempt is left (%s of %s).', v.worker_id, v.attempt, v.max_attempts) else v.error_message end,
            errors = v.errors || jsonb_build_object(
                'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', now(),
                'message', case when lapsed.is_exhausted then 'The lease expired and no attempt is left.' else 'The lease expired.' end),
            worker_id = case when lapsed.is_exhausted then v.worker_id end,
            processing_completed_at = case when lapsed.is_exhausted then now() end,
            lease_expires_at = null,
            updated_at = statement_timestamp()
        from lapsed
        where v.ctid = lapsed.ctid
        returning v.id as voice_id, lapsed.is_exhausted
        -- end
    )
    select count(*) into requeued_count from requeued;

    -- queue/enqueue_due_retries.sql
    with due as materialized (
        select v.ctid
        from voices v
        where v.status = 'pending'
            and v.available_at is not null
            and v.available_at <= statement_timestamp()
        order by v.available_at
        limit 1000
        for update skip locked
    )
    update voices v
    set available_at = null,
        updated_at = statement_timestamp()
    from due
    where v.ctid = due.ctid;
    -- end

    return query
    -- voices/claim_voices.sql
    with chosen as materialized (
        select v.ctid
        from voices v
        where v.status = 'pending'
            and v.available_at is null
            and (-v.priority, v.queue_at, v.id) >= (claim_voices.cursor_priority, claim_voices.cursor_queued, claim_voices.cursor_id)
        order by -v.priority, v.queue_at, v.id
        limit claim_voices.limit
        for update skip locked
    ),
    claimed as (
        update voices v
        set status = 'processing',
            attempt = v.attempt + 1,
            worker_id = claim_voices.worker_id,
            claim_id = claim_voices.claim_id,
            lease_expires_at = statement_timestamp() + make_interval(secs => claim_voices.lease_seconds),
            processing_started_at = least(greatest(now(), v.created_at), clock_timestamp()),
            processing_completed_at = null,
            updated_at = statement_timestamp()
        from chosen
        where v.ctid = chosen.ctid
        returning v.id, v.video_id, v.position, v.character_name, v.text_content, v.attempt, v.max_attempts, v.priority, v.trace_parent, v.created_at, v.queue_at,
            v.failures, v.processing_started_at, v.voice_mapping_id, v.errors
    )
    select
        v.id,
        v.video_id,
        v.position,
        v.character_name,
        v.text_content,
        v.attempt,
        v.max_attempts,
        v.priority,
        v.trace_parent,
        case when v.created_at between '0001-01-02+00' and '9999-12-30+00' then v.created_at end as created_at,
        case when v.queue_at between '0001-01-02+00' and '9999-12-30+00' then v.queue_at end as queue_at,
        case when isfinite(greatest(v.created_at, case when v.failures > 0 then v.queue_at end))
            then extract(epoch from v.processing_started_at - greatest(v.created_at, case when v.failures > 0 then v.queue_at end))::float8 else 0 end as waited_seconds,
        m.id as voice_mapping_id,
        m.voice_id as mapping_voice_id,
        m.voice_file,
        m.language,
        case when v.errors -> -1 ->> 'attempt' = (v.attempt - 1)::text and v.errors -> -1 ->> 'message' = 'The lease expired.' then v.errors -> -1 ->> 'worker_id' end as previous_worker_id
    from claimed v
    left join voice_mappings m on m.id = coalesce(v.voice_mapping_id, (select r.id from resolve_voice_mapping(v.character_name) as r (id)))
    order by -v.priority, v.queue_at, v.id;
    -- end
end
$$;

-- Renews leases. Returns a row for each id: applied, or why not.
create or replace function heartbeat_voices(ids uuid[], attempts integer[], lease_seconds float8 default 60)
returns table (voice_id uuid, outcome text)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
<<heartbeat_voices>>
declare
    renew_seconds constant float8 := lease_seconds;
    output_audio_paths constant text[] := null;
    remote_storage_paths constant text[] := null;
    error_message constant text := null;
    is_release constant boolean := false;
    written uuid[];
begin
    if lease_seconds is null or lease_seconds not between 0.1 and 86400 then
        raise invalid_parameter_value using message = format('lease_seconds is %s. Give 0.1 to 86400.', coalesce(lease_seconds::text, 'null'));
    end if;
    if (select count(distinct f.id) filter (where f.attempt is not null) <> count(*) from unnest(ids, attempts) as f (id, attempt)) then
        raise invalid_parameter_value using message = 'Give each id once, and its attempt.';
    end if;

    -- Rows are locked in the order of their ids, so that two calls cannot deadlock.
    select array_agg(f.id order by f.id), array_agg(f.attempt order by f.id)
    into ids, attempts
    from unnest(ids, attempts) as f (id, attempt);

    with renewed as (
        -- voices/heartbeat_voices.sql
        update voices v
        set lease_expires_at = statement_timestamp() + make_interval(secs => heartbeat_voices.renew_seconds),
            updated_at = statement_timestamp()
        from unnest(heartbeat_voices.ids::uuid[], heartbeat_voices.attempts::integer[]) as f (id, attempt)
        where v.id = f.id
            and v.attempt = coalesce(f.attempt, v.attempt)
            and (v.lease_expires_at is not null) = (f.attempt is not null)
            and v.status between 'processing' and 'processing'
        returning v.id as voice_id, v.attempt
        -- end
    )
    select array_agg(r.voice_id) into written from renewed r;

    return query
    select o.voice_id, case when o.voice_id = any(written) then 'applied' else o.outcome end
    from (
        -- queue/list_outcomes.sql
        select
            f.id as voice_id,
            case
                when v.id is null then 'not_found'
                when v.attempt <> f.attempt then 'lease_lost'
                -- The same completion, the same failure, a release.
                when v.attempt = f.attempt and v.status = 'completed' and v.output_audio_path = f.output_audio_path
                    and v.remote_storage_path is not distinct from f.remote_storage_path then 'applied'
                when v.attempt = f.attempt and v.status in ('pending', 'failed') and v.errors -> -1 ->> 'attempt' = v.attempt::text
                    and v.errors -> -1 ->> 'message' = heartbeat_voices.error_message then case v.status when 'pending' then 'retry_scheduled' else 'applied' end
                when heartbeat_voices.is_release and v.status = 'pending' and v.attempt > 0 and v.errors -> -1 ->> 'attempt' is distinct from v.attempt::text then 'applied'
                when v.status in ('completed', 'failed') then 'already_finished'
                when v.status = 'processing' or f.attempt is not null then 'lease_lost'
                else 'not_allowed'
            end as outcome
        from unnest(heartbeat_voices.ids::uuid[], heartbeat_voices.attempts::integer[], heartbeat_voices.output_audio_paths::text[], heartbeat_voices.remote_storage_paths::text[])
            with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
        left join voices v on v.id = f.id
        order by f.nr
        -- end
    ) o;
end
$$;

-- Completes requests. Audio with a path in remote_storage_paths is stored there, all other is local. Returns a row for each id: applied, also when it only
-- repeats what the same attempt has completed, or why not. Tells the processes that wait for the videos.
create or replace function complete_voices(ids uuid[], attempts integer[], output_audio_paths text[], remote_storage_paths text[] default null)
returns table (voice_id uuid, outcome text)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
<<complete_voices>>
declare
    are_local_storage boolean[];
    error_message constant text := null;
    is_release constant boolean := false;
    new_requests constant integer := 0;
    video_ids constant uuid[] := null;
    voice_ids uuid[];
begin
    if (
        select count(distinct f.id) filter (where f.attempt is not null and f.output_audio_path <> '') <> count(*)
        from unnest(ids, attempts, output_audio_paths, remote_storage_paths) as f (id, attempt, output_audio_path, remote_storage_path)
    ) then
        raise invalid_parameter_value using message = 'Give each id once, and its attempt and the path of its audio.';
    end if;

    -- Rows are locked in the order of their ids, so that two calls cannot deadlock.
    select
        array_agg(f.id order by f.id),
        array_agg(f.attempt order by f.id),
        array_agg(f.output_audio_path order by f.id),
        array_agg(f.remote_storage_path order by f.id),
        array_agg(f.remote_storage_path is null order by f.id)
    into ids, attempts, output_audio_paths, remote_storage_paths, are_local_storage
    from unnest(ids, attempts, output_audio_paths, remote_storage_paths) as f (id, attempt, output_audio_path, remote_storage_path);

    with completed as (
        -- voices/complete_voices.sql
        update voices v
        set status = 'completed',
            output_audio_path = f.output_audio_path,
            is_local_storage = f.is_local_storage,
            remote_storage_path = f.remote_storage_path,
            processing_completed_at = statement_timestamp(),
            error_message = null,
            lease_expires_at = null,
            updated_at = statement_timestamp()
        from unnest(complete_voices.ids::uuid[], complete_voices.attempts::integer[], complete_voices.output_audio_paths::text[], complete_voices.are_local_storage::boolean[], complete_voices.remote_storage_paths::text[])
            as f (id, attempt, output_audio_path, is_local_storage, remote_storage_path)
        where v.id = f.id
            and v.attempt = coalesce(f.attempt, v.attempt)
            and (v.lease_expires_at is not null) = (f.attempt is not null)
            and v.status between 'processing' and 'processing'
        returning v.id as voice_id, v.attempt
        -- end
    )
    select array_agg(c.voice_id) into voice_ids from completed c;

    perform from (
        -- notifications/notify_on_commit.sql
        select pg_notify('videovoice_' || md5(current_schema()), n.payload)
        from (
            select 'work' as payload
            where complete_voices.new_requests > 0
            union all
            select string_agg(d.video_id::text, ',')
            from (
                select m.video_id, row_number() over () as nr
                from (
                    select v.video_id
                    from voices v
                    where v.id = any(complete_voices.voice_ids::uuid[])
                    union
                    select i.id
                    from unnest(complete_voices.video_ids::uuid[]) as i (id)
                ) m
            ) d
            group by d.nr / 200
        ) n
        -- end
    ) n;

    return query
    -- queue/list_outcomes.sql
    select
        f.id as voice_id,
        case
            when v.id is null then 'not_found'
            when v.attempt <> f.attempt then 'lease_lost'
            -- The same completion, the same failure, a release.
            when v.attempt = f.attempt and v.status = 'completed' and v.output_audio_path = f.output_audio_path
                and v.remote_storage_path is not distinct from f.remote_storage_path then 'applied'
            when v.attempt = f.attempt and v.status in ('pending', 'failed') and v.errors -> -1 ->> 'attempt' = v.attempt::text
                and v.errors -> -1 ->> 'message' = complete_voices.error_message then case v.status when 'pending' then 'retry_scheduled' else 'applied' end
            when complete_voices.is_release and v.status = 'pending' and v.attempt > 0 and v.errors -> -1 ->> 'attempt' is distinct from v.attempt::text then 'applied'
            when v.status in ('completed', 'failed') then 'already_finished'
            when v.status = 'processing' or f.attempt is not null then 'lease_lost'
            else 'not_allowed'
        end as outcome
    from unnest(complete_voices.ids::uuid[], complete_voices.attempts::integer[], complete_voices.output_audio_paths::text[], complete_voices.remote_storage_paths::text[])
        with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
    left join voices v on v.id = f.id
    order by f.nr;
    -- end
end
$$;

-- Reports a failed attempt. Returns retry_scheduled while attempts are left and the error is not permanent, applied when the request has failed for good, or
-- why nothing was written. The delay doubles with each failure from retry_seconds to max_retry_seconds. Tells the processes that wait for the video.
create or replace function fail_voice_processing(
    id uuid, attempt integer, error_message text, permanent boolean default false, retry_seconds float8 default 5, max_retry_seconds float8 default 300)
returns text
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
<<fail_voice_processing>>
declare
    ids constant uuid[] := array[id];
    attempts constant integer[] := array[attempt];
    output_audio_paths constant text[] := null;
    remote_storage_paths constant text[] := null;
    is_release constant boolean := false;
    new_requests constant integer := 0;
    video_ids constant uuid[] := null;
    voice_ids uuid[];
begin
    if id is null or attempt is null or permanent is null or error_message is null or error_message = '' then
        raise invalid_parameter_value using message = 'Give the id of the request, its attempt and what went wrong.';
    end if;
    if retry_seconds is null or retry_seconds not between 0 and 86400 or max_retry_seconds is null or max_retry_seconds not between 0 and 86400 then
        raise invalid_parameter_value using message = 'retry_seconds and max_retry_seconds must be from 0 to 86400.';
    end if;

    with failed as (
        -- voices/fail_voice_processing.sql
        with voice as materialized (
            select
                v.id,
                f.attempt is not null and not fail_voice_processing.permanent and v.attempt < v.max_attempts as is_retried,
                statement_timestamp() + make_interval(secs =>
                    least(fail_voice_processing.max_retry_seconds, fail_voice_processing.retry_seconds * power(2, least(v.failures, 30))) * (0.75 + 0.5 * random())) as retry_at
            from unnest(fail_voice_processing.ids::uuid[], fail_voice_processing.attempts::integer[]) as f (id, attempt)
            join voices v
                on v.id = f.id
                and v.attempt = coalesce(f.attempt, v.attempt)
                and (v.lease_expires_at is not null) = (f.attempt is not null)
                and v.status between 'processing' and 'processing'
            for update of v
        )
        update voices v
        set status = case when voice.is_retried then 'pending' else 'failed' end::voice_status,
            error_message = fail_voice_processing.error_message,
            failures = v.failures + 1,
            errors = v.errors || jsonb_build_object(
                'attempt', v.attempt, 'worker_id', v.worker_id, 'failed_at', statement_timestamp(), 'message', fail_voice_processing.error_message::text),
            worker_id = case when not voice.is_retried then v.worker_id end,
            lease_expires_at = null,
            available_at = case when voice.is_retried and voice.retry_at > statement_timestamp() then voice.retry_at end,
            queue_at = case when voice.is_retried then voice.retry_at else v.queue_at end,
            processing_completed_at = case when not voice.is_retried then statement_timestamp() end,
            updated_at = statement_timestamp()
        from voice
        where v.id = voice.id
        returning
            case when voice.is_retried then 'retry_scheduled' else 'applied' end as outcome,
            case when voice.is_retried then voice.retry_at end as retry_at
        -- end
    )
    select array_agg(fail_voice_processing.id) into voice_ids from failed;

    perform from (
        -- notifications/notify_on_commit.sql
        select pg_notify('videovoice_' || md5(current_schema()), n.payload)
        from (
            select 'work' as payload
            where fail_voice_processing.new_requests > 0
            union all
            select string_agg(d.video_id::text, ',')
            from (
                select m.video_id, row_number() over () as nr
                from (
                    select v.video_id
                    from voices v
                    where v.id = any(fail_voice_processing.voice_ids::uuid[])
                    union
                    select i.id
                    from unnest(fail_voice_processing.video_ids::uuid[]) as i (id)
                ) m
            ) d
            group by d.nr / 200
        ) n
        -- end
    ) n;

    return (
        select o.outcome
        from (
            -- queue/list_outcomes.sql
            select
                f.id as voice_id,
                case
                    when v.id is null then 'not_found'
                    when v.attempt <> f.attempt then 'lease_lost'
                    -- The same completion, the same failure, a release.
                    when v.attempt = f.attempt and v.status = 'completed' and v.output_audio_path = f.output_audio_path
                        and v.remote_storage_path is not distinct from f.remote_storage_path then 'applied'
                    when v.attempt = f.attempt and v.status in ('pending', 'failed') and v.errors -> -1 ->> 'attempt' = v.attempt::text
                        and v.errors -> -1 ->> 'message' = fail_voice_processing.error_message then case v.status when 'pending' then 'retry_scheduled' else 'applied' end
                    when fail_voice_processing.is_release and v.status = 'pending' and v.attempt > 0 and v.errors -> -1 ->> 'attempt' is distinct from v.attempt::text then 'applied'
                    when v.status in ('completed', 'failed') then 'already_finished'
                    when v.status = 'processing' or f.attempt is not null then 'lease_lost'
                    else 'not_allowed'
                end as outcome
            from unnest(fail_voice_processing.ids::uuid[], fail_voice_processing.attempts::integer[], fail_voice_processing.output_audio_paths::text[], fail_voice_processing.remote_storage_paths::text[])
                with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
            left join voices v on v.id = f.id
            order by f.nr
            -- end
        ) o
    );
end
$$;

-- Gives requests back before they are finished, as a worker does that is stopped. The attempt does not count. Returns a row for each id: applied, or why not.
create or replace function release_voices(ids uuid[], attempts integer[])
returns table (voice_id uuid, outcome text)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
#variable_conflict use_column
<<release_voices>>
declare
    output_audio_paths constant text[] := null;
    remote_storage_paths constant text[] := null;
    error_message constant text := null;
    is_release constant boolean := true;
    written bigint;
begin
    if (select count(distinct f.id) filter (where f.attempt is not null) <> count(*) from unnest(ids, attempts) as f (id, attempt)) then
        raise invalid_parameter_value using message = 'Give each id once, and its attempt.';
    end if;

    -- Rows are locked in the order of their ids, so that two calls cannot deadlock.
    select array_agg(f.id order by f.id), array_agg(f.attempt order by f.id)
    into ids, attempts
    from unnest(ids, attempts) as f (id, attempt);

    with released as (
        -- voices/release_voices.sql
        update voices v
        set status = 'pending',
            max_attempts = v.max_attempts + 1,
            worker_id = null,
            lease_expires_at = null,
            processing_started_at = null,
            updated_at = statement_timestamp()
        from unnest(release_voices.ids::uuid[], release_voices.attempts::integer[]) as f (id, attempt)
        where v.id = f.id
            and v.attempt = coalesce(f.attempt, v.attempt)
            and (v.lease_expires_at is not null) = (f.attempt is not null)
            and v.status between 'processing' and 'processing'
        returning v.id as voice_id, v.attempt
        -- end
    )
    select count(*) into written from released;

    return query
    -- queue/list_outcomes.sql
    select
        f.id as voice_id,
        case
            when v.id is null then 'not_found'
            when v.attempt <> f.attempt then 'lease_lost'
            -- The same completion, the same failure, a release.
            when v.attempt = f.attempt and v.status = 'completed' and v.output_audio_path = f.output_audio_path
                and v.remote_storage_path is not distinct from f.remote_storage_path then 'applied'
            when v.attempt = f.attempt and v.status in ('pending', 'failed') and v.errors -> -1 ->> 'attempt' = v.attempt::text
                and v.errors -> -1 ->> 'message' = release_voices.error_message then case v.status when 'pending' then 'retry_scheduled' else 'applied' end
            when release_voices.is_release and v.status = 'pending' and v.attempt > 0 and v.errors -> -1 ->> 'attempt' is distinct from v.attempt::text then 'applied'
            when v.status in ('completed', 'failed') then 'already_finished'
            when v.status = 'processing' or f.attempt is not null then 'lease_lost'
            else 'not_allowed'
        end as outcome
    from unnest(release_voices.ids::uuid[], release_voices.attempts::integer[], release_voices.output_audio_paths::text[], release_voices.remote_storage_paths::text[])
        with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
    left join voices v on v.id = f.id
    order by f.nr;
    -- end
end
$$;
