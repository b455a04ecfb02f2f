-- Completes requests, each by its fence; without an attempt it counts only on a request that has no lease. Says which were written.
-- The caller sorts the ids: rows are locked in their order, so that two calls cannot deadlock. The state is written so that no index on it can serve,
-- only the primary key.
update voices v
set status = 'completed',
    output_audio_path = f.output_audio_path,
    is_local_storage = f.is_local_storage,
    remote_storage_path = f.remote_storage_path,
    processing_completed_at = statement_timestamp(),
    error_message = null,
    lease_expires_at = null,
    updated_at = statement_timestamp()
from unnest(@ids::uuid[], @attempts::integer[], @outputAudioPaths::text[], @areLocalStorage::boolean[], @remoteStoragePaths::text[])
    as f (id, attempt, output_audio_path, is_local_storage, remote_storage_path)
where v.id = f.id
    and v.attempt = coalesce(f.attempt, v.attempt)
    and (v.lease_expires_at is not null) = (f.attempt is not null)
    and v.status between 'processing' and 'processing'
returning v.id as voice_id, v.attempt;
