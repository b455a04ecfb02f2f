-- What became of requests that a fenced write did not change, and whether the write only repeats what its own attempt did before the answer was lost.
-- Takes no lock: an attempt that has left a request never returns to it, so what is read after the write holds for the write, too.
select
    f.id as voice_id,
    case
        when v.id is null then 'not_found'
        when v.attempt <> f.attempt then 'lease_lost'
        -- The same completion, the same failure, a release.
        when v.attempt = f.attempt and v.status = 'completed' and v.output_audio_path = f.output_audio_path
            and v.remote_storage_path is not distinct from f.remote_storage_path then 'applied'
        when v.attempt = f.attempt and v.status in ('pending', 'failed') and v.errors -> -1 ->> 'attempt' = v.attempt::text
            and v.errors -> -1 ->> 'message' = @errorMessage then case v.status when 'pending' then 'retry_scheduled' else 'applied' end
        when @isRelease and v.status = 'pending' and v.attempt > 0 and v.errors -> -1 ->> 'attempt' is distinct from v.attempt::text then 'applied'
        when v.status in ('completed', 'failed') then 'already_finished'
        when v.status = 'processing' or f.attempt is not null then 'lease_lost'
        else 'not_allowed'
    end as outcome
from unnest(@ids::uuid[], @attempts::integer[], @outputAudioPaths::text[], @remoteStoragePaths::text[])
    with ordinality as f (id, attempt, output_audio_path, remote_storage_path, nr)
left join voices v on v.id = f.id
order by f.nr;
