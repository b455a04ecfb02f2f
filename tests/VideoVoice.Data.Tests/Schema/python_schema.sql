-- A database as the Python services leave it: their schema, their first rows, and rows of every table in every state.
create extension if not exists "uuid-ossp";

create type video_status as enum ('pending', 'processing', 'completed', 'failed');
create type voice_status as enum ('pending', 'processing', 'completed', 'failed');

create table voice_mappings (
    id uuid primary key default uuid_generate_v4(),
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

create table videos (
    id uuid primary key default uuid_generate_v4(),
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

create table voices (
    id uuid primary key default uuid_generate_v4(),
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

create table settings (
    id uuid primary key default uuid_generate_v4(),
    setting_key varchar(100) unique not null,
    setting_value text not null,
    description text,
    created_at timestamp default current_timestamp,
    updated_at timestamp default current_timestamp
);

create index idx_videos_status on videos (status);
create index idx_videos_created_at on videos (created_at);
create index idx_voices_video_id on voices (video_id);
create index idx_voices_status on voices (status);
create index idx_voices_voice_mapping_id on voices (voice_mapping_id);
create index idx_voice_mappings_voice_id on voice_mappings (voice_id);
create index idx_voice_mappings_is_default on voice_mappings (is_default);

create function update_updated_at_column() returns trigger as $$
begin
    new.updated_at = current_timestamp;
    return new;
end;
$$ language plpgsql;

create trigger update_videos_updated_at before update on videos for each row execute function update_updated_at_column();
create trigger update_voices_updated_at before update on voices for each row execute function update_updated_at_column();
create trigger update_voice_mappings_updated_at before update on voice_mappings for each row execute function update_updated_at_column();
create trigger update_settings_updated_at before update on settings for each row execute function update_updated_at_column();

create view video_processing_status as
select
    v.id as video_id,
    v.title,
    v.status as video_status,
    v.created_at as video_created_at,
    count(vo.id) as total_voices,
    count(case when vo.status = 'completed' then 1 end) as completed_voices,
    count(case when vo.status = 'failed' then 1 end) as failed_voices,
    count(case when vo.status in ('pending', 'processing') then 1 end) as pending_voices
from videos v
left join voices vo on v.id = vo.video_id
group by v.id, v.title, v.status, v.created_at;

insert into voice_mappings (id, voice_id, voice_name, voice_file, description, gender, language, quality, is_default, created_at, updated_at)
values
    ('10000000-0000-4000-8000-000000000001', 'aluno', 'Student Voice', 'voices/voz_aluno_lucas.wav', 'Student', 'male', 'pt-br', 'high', false, '2018-12-15 12:00:00', '2019-01-01 00:00:00.000001'),
    ('10000000-0000-4000-8000-000000000002', 'professora', 'Teacher Voice', 'voices/voz_referencia_convertida_ffmpeg.wav', 'Teacher', 'female', 'pt-br', 'high', false, '2018-12-15 12:00:00', '2018-12-15 12:00:00'),
    ('10000000-0000-4000-8000-000000000003', 'default', 'Default Voice', 'voices/Vídeo sem título ‐ Feito com o Clipchamp.wav', null, 'female', 'pt-br', 'medium', true, '2020-03-01 08:30:00', '2020-03-01 08:30:00'),
    ('10000000-0000-4000-8000-000000000004', 'robot', 'Robot', 'voices/robot.wav', null, null, 'en', null, null, '2024-01-15 12:00:00.123456', '2024-01-15 12:00:00.123456');

insert into videos (id, title, description, background_video_path, output_video_path, whatsapp_images_paths, status, metadata, created_at, updated_at, completed_at)
values
    ('20000000-0000-4000-8000-000000000001', 'Pending', 'One', '/b1.mp4', null, null, 'pending', '{"a": [1, 2]}', '2024-01-15 12:00:00', '2024-01-15 12:00:00', null),
    ('20000000-0000-4000-8000-000000000002', 'Processing', null, null, null, '{/1.png,"/2, 3.png"}', 'processing', null, '2018-12-15 12:00:00', '2018-12-15 12:05:00', null),
    ('20000000-0000-4000-8000-000000000003', 'Completed', null, null, '/o3.mp4', '{}', 'completed', 'null', '2018-02-17 23:30:00', '2023-06-01 00:00:01', '2023-06-01 00:00:00.654321'),
    ('20000000-0000-4000-8000-000000000004', null, null, null, null, null, 'failed', null, '2022-02-02 02:02:02', '2022-02-02 02:02:03', null),
    ('20000000-0000-4000-8000-000000000005', 'No status', null, null, null, null, null, null, '2022-02-02 02:02:04', '2022-02-02 02:02:05', null);

insert into voices (id, video_id, voice_mapping_id, character_name, text_content, output_audio_path, is_local_storage, remote_storage_path, status, processing_started_at, processing_completed_at, error_message, created_at, updated_at)
values
    ('30000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Aluno', 'Olá professora!', null, true, null, 'pending', null, null, null, '2024-01-15 12:00:00', '2024-01-15 12:00:00'),
    ('30000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000001', null, null, 'Olá!', null, null, null, 'pending', null, null, null, '2024-01-15 12:00:00.000001', '2024-01-15 12:00:00.000001'),
    ('30000000-0000-4000-8000-000000000003', '20000000-0000-4000-8000-000000000002', null, 'Ana', 'Oi', null, true, null, 'processing', '2018-12-15 12:01:00', null, null, '2018-12-15 12:00:00', '2018-12-15 12:01:00'),
    ('30000000-0000-4000-8000-000000000004', '20000000-0000-4000-8000-000000000003', null, 'Ana', 'Tchau', '/4.wav', false, 's3://audio/4.wav', 'completed', '2018-02-17 23:31:00', '2018-02-17 23:32:00.5', null, '2018-02-17 23:30:00', '2018-02-17 23:32:01'),
    ('30000000-0000-4000-8000-000000000005', '20000000-0000-4000-8000-000000000004', null, 'Ana', 'Hm', null, true, null, 'failed', '2022-02-02 02:02:02', null, 'No audio', '2022-02-02 02:02:02', '2022-02-02 02:02:03'),
    ('30000000-0000-4000-8000-000000000006', '20000000-0000-4000-8000-000000000005', null, 'Ana', 'Null', null, true, null, null, null, null, null, '2022-02-02 02:02:04', '2022-02-02 02:02:05');

insert into settings (id, setting_key, setting_value, description, created_at, updated_at)
values
    ('40000000-0000-4000-8000-000000000001', 'auto_detect_voices', 'true', null, '2018-12-15 12:00:00', '2018-12-15 12:00:00'),
    ('40000000-0000-4000-8000-000000000002', 'default_language', 'en', 'Changed by hand', '2024-01-15 12:00:00', '2024-01-16 12:00:00'),
    ('40000000-0000-4000-8000-000000000003', 'fallback_to_default', 'true', null, '2018-12-15 12:00:00', '2018-12-15 12:00:00'),
    ('40000000-0000-4000-8000-000000000004', 'voice_quality_threshold', 'medium', null, '2018-12-15 12:00:00', '2018-12-15 12:00:00');
