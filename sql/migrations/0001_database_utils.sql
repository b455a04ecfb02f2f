-- The schema of the Python module database_utils, as its services created it.
-- Every object is made only where it is missing, so on their database this changes nothing; the first rows go only into tables made here.
do $$
declare
    new_voice_mappings boolean := to_regclass(format('%I.voice_mappings', current_schema())) is null;
    new_settings boolean := to_regclass(format('%I.settings', current_schema())) is null;
begin
    if not exists (select from pg_type where typname = 'video_status' and typnamespace = quote_ident(current_schema())::regnamespace) then
        create type video_status as enum ('pending', 'processing', 'completed', 'failed');
    end if;

    if not exists (select from pg_type where typname = 'voice_status' and typnamespace = quote_ident(current_schema())::regnamespace) then
        create type voice_status as enum ('pending', 'processing', 'completed', 'failed');
    end if;

    create table if not exists voice_mappings (
        id uuid primary key default gen_random_uuid(),
        voice_id varchar(50) unique not null,
        voice_name varchar(100) not null,
        voice_file varchar(255) not null,
        description text,
        gender varchar(10) check (gender in ('male', 'female', 'other')),
        language varchar(10) not null,
        quality varchar(20) check (quality in ('low', 'medium', 'high')),
        is_default boolean default false,
        created_at timestamp default current_timestamp,
        updated_at timestamp default current_timestamp
    );

    create table if not exists videos (
        id uuid primary key default gen_random_uuid(),
        title varchar(255),
        description text,
        background_video_path varchar(500),
        output_video_path varchar(500),
        whatsapp_images_paths text[],
        status video_status default 'pending',
        metadata jsonb,
        created_at timestamp default current_timestamp,
        updated_at timestamp default current_timestamp,
        completed_at timestamp
    );

    create table if not exists voices (
        id uuid primary key default gen_random_uuid(),
        video_id uuid not null references videos (id) on delete cascade,
        voice_mapping_id uuid references voice_mappings (id),
        character_name varchar(100),
        text_content text not null,
        output_audio_path varchar(500),
        is_local_storage boolean default true,
        remote_storage_path varchar(500),
        status voice_status default 'pending',
        processing_started_at timestamp,
        processing_completed_at timestamp,
        error_message text,
        created_at timestamp default current_timestamp,
        updated_at timestamp default current_timestamp
    );

    create table if not exists settings (
        id uuid primary key default gen_random_uuid(),
        setting_key varchar(100) unique not null,
        setting_value text not null,
        description text,
        created_at timestamp default current_timestamp,
        updated_at timestamp default current_timestamp
    );

    create index if not exists idx_videos_status on videos (status);
    create index if not exists idx_videos_created_at on videos (created_at);
    create index if not exists idx_voices_video_id on voices (video_id);
    create index if not exists idx_voices_status on voices (status);
    create index if not exists idx_voices_voice_mapping_id on voices (voice_mapping_id);
    create index if not exists idx_voice_mappings_voice_id on voice_mappings (voice_id);
    create index if not exists idx_voice_mappings_is_default on voice_mappings (is_default);

    if to_regprocedure(format('%I.update_updated_at_column()', current_schema())) is null then
        create function update_updated_at_column() returns trigger language plpgsql as $function$
        begin
            new.updated_at = current_timestamp;
            return new;
        end;
        $function$;
    end if;

    if not exists (select from pg_trigger where tgrelid = 'voice_mappings'::regclass and tgname = 'update_voice_mappings_updated_at') then
        create trigger update_voice_mappings_updated_at before update on voice_mappings
            for each row execute function update_updated_at_column();
    end if;

    if not exists (select from pg_trigger where tgrelid = 'videos'::regclass and tgname = 'update_videos_updated_at') then
        create trigger update_videos_updated_at before update on videos
            for each row execute function update_updated_at_column();
    end if;

    if not exists (select from pg_trigger where tgrelid = 'voices'::regclass and tgname = 'update_voices_updated_at') then
        create trigger update_voices_updated_at before update on voices
            for each row execute function update_updated_at_column();
    end if;

    if not exists (select from pg_trigger where tgrelid = 'settings'::regclass and tgname = 'update_settings_updated_at') then
        create trigger update_settings_updated_at before update on settings
            for each row execute function update_updated_at_column();
    end if;

    if to_regclass(format('%I.video_processing_status', current_schema())) is null then
        create view video_processing_status as
        select
            v.id as video_id,
            v.title,
            v.status as video_status,
            v.created_at as video_created_at,
            count(vo.id) as total_voices,
            count(*) filter (where vo.status = 'completed') as completed_voices,
            count(*) filter (where vo.status = 'failed') as failed_voices,
            count(*) filter (where vo.status in ('pending', 'processing')) as pending_voices
        from videos v
        left join voices vo on vo.video_id = v.id
        group by v.id, v.title, v.status, v.created_at;
    end if;

    if new_voice_mappings then
        insert into voice_mappings (voice_id, voice_name, voice_file, description, gender, language, quality, is_default)
        values
            ('aluno', 'Student Voice', 'voices/voz_aluno_lucas.wav', 'Voice for student character', 'male', 'pt-br', 'high', false),
            ('professora', 'Teacher Voice', 'voices/voz_referencia_convertida_ffmpeg.wav', 'Voice for teacher character', 'female', 'pt-br', 'high', false),
            ('default', 'Default Voice', 'voices/Vídeo sem título ‐ Feito com o Clipchamp.wav', 'Default voice for any character without specific mapping', 'female', 'pt-br', 'medium', true);
    end if;

    if new_settings then
        insert into settings (setting_key, setting_value, description)
        values
            ('auto_detect_voices', 'true', 'Whether voices are detected from the names of the characters'),
            ('default_language', 'pt-br', 'Language of a voice that names none'),
            ('fallback_to_default', 'true', 'Whether a character without a mapping gets the default mapping'),
            ('voice_quality_threshold', 'medium', 'Lowest quality of a voice that is used');
    end if;
end
$$;
