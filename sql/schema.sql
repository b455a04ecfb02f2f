-- Read this first: the schema after all migrations, as pg_dump shows it. Never edited and not embedded; a test compares it.
-- Made by: VIDEOVOICE_UPDATE_GOLDEN=1 dotnet test tests/VideoVoice.Data.Tests --filter GoldenSchemaTests

CREATE TYPE public.video_status AS ENUM (
    'pending',
    'processing',
    'completed',
    'failed'
);

CREATE TYPE public.voice_status AS ENUM (
    'pending',
    'processing',
    'completed',
    'failed'
);

CREATE FUNCTION public.keep_finished_voices() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
        begin
            -- Refused: to change status or audio of what is completed; to report a failure of a request whose worker has a lease, and so reports itself. Who
            -- changes the lease as well knows of it.
            if old.status = 'completed' and (new.status, new.output_audio_path, new.is_local_storage, new.remote_storage_path)
                    is distinct from (old.status, old.output_audio_path, old.is_local_storage, old.remote_storage_path)
                or old.status = 'processing' and new.status = 'failed'
                    and old.lease_expires_at > clock_timestamp() and new.lease_expires_at is not distinct from old.lease_expires_at
                    and new.error_message is distinct from old.error_message
            then
                execute format('insert into %I.videovoice_late_writes as w (day, writes) values (current_date, 1) on conflict (day) do update set writes = w.writes + 1', tg_table_schema);
                return null;
            end if;

            -- A place in the queue that is given later (0007) is no change of the request.
            if new.queue_at is distinct from old.queue_at and new.status is not distinct from old.status then
                return new;
            end if;

            if new.status in ('completed', 'failed') and new.status is distinct from old.status then
                new.worker_id = null;
                new.lease_expires_at = null;
            end if;

            new.updated_at = current_timestamp;
            return new;
        end
        $$;

CREATE TABLE public.settings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    setting_key character varying(100) NOT NULL,
    setting_value text NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE public.voice_mappings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    voice_id character varying(50) NOT NULL,
    voice_name character varying(100) NOT NULL,
    voice_file character varying(255) NOT NULL,
    description text,
    gender character varying(10),
    language character varying(10) NOT NULL,
    quality character varying(20),
    is_default boolean DEFAULT false,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT voice_mappings_gender_check CHECK (((gender)::text = ANY ((ARRAY['male'::character varying, 'female'::character varying, 'other'::character varying])::text[]))),
    CONSTRAINT voice_mappings_quality_check CHECK (((quality)::text = ANY ((ARRAY['low'::character varying, 'medium'::character varying, 'high'::character varying])::text[])))
);

CREATE FUNCTION public.resolve_voice_mapping(name text) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 1
    BEGIN ATOMIC
 SELECT m.id
    FROM public.voice_mappings m
   WHERE (((m.voice_id)::text = resolve_voice_mapping.name) OR (lower((m.voice_id)::text) = lower(resolve_voice_mapping.name)) OR (m.is_default AND (EXISTS ( SELECT
            FROM public.settings s
           WHERE (((s.setting_key)::text = 'fallback_to_default'::text) AND (lower(s.setting_value) = 'true'::text))))))
   ORDER BY (((m.voice_id)::text = resolve_voice_mapping.name) IS TRUE) DESC, ((lower((m.voice_id)::text) = lower(resolve_voice_mapping.name)) IS TRUE) DESC
  LIMIT 1;
END;

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
        begin
            new.updated_at = current_timestamp;
            return new;
        end;
        $$;

CREATE TABLE public.videos (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    title character varying(255),
    description text,
    background_video_path character varying(500),
    output_video_path character varying(500),
    whatsapp_images_paths text[],
    status public.video_status DEFAULT 'pending'::public.video_status,
    metadata jsonb,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    completed_at timestamp with time zone,
    error_message text,
    priority integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.voices (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    video_id uuid NOT NULL,
    voice_mapping_id uuid,
    character_name character varying(100),
    text_content text NOT NULL,
    output_audio_path character varying(500),
    is_local_storage boolean DEFAULT true,
    remote_storage_path character varying(500),
    status public.voice_status DEFAULT 'pending'::public.voice_status,
    processing_started_at timestamp with time zone,
    processing_completed_at timestamp with time zone,
    error_message text,
    created_at timestamp with time zone DEFAULT clock_timestamp(),
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    "position" integer,
    priority integer DEFAULT 0 NOT NULL,
    queue_at timestamp with time zone DEFAULT clock_timestamp(),
    available_at timestamp with time zone,
    attempt integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 3 NOT NULL,
    worker_id text,
    lease_expires_at timestamp with time zone,
    errors jsonb DEFAULT '[]'::jsonb NOT NULL,
    trace_parent text,
    failures integer DEFAULT 0 NOT NULL,
    claim_id uuid
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000');

CREATE VIEW public.video_processing_status AS
 SELECT v.id AS video_id,
    v.title,
    v.status AS video_status,
    v.created_at AS video_created_at,
    count(vo.video_id) AS total_voices,
    count(*) FILTER (WHERE (vo.status = 'completed'::public.voice_status)) AS completed_voices,
    count(*) FILTER (WHERE (vo.status = 'failed'::public.voice_status)) AS failed_voices,
    count(*) FILTER (WHERE (vo.status = ANY (ARRAY['pending'::public.voice_status, 'processing'::public.voice_status]))) AS pending_voices
   FROM (public.videos v
     LEFT JOIN public.voices vo ON ((vo.video_id = v.id)))
  GROUP BY v.id, v.title, v.status, v.created_at;

CREATE TABLE public.videovoice_late_writes (
    day date NOT NULL,
    writes bigint NOT NULL
);

CREATE UNLOGGED TABLE public.videovoice_listeners (
    waits_for text NOT NULL,
    channel text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT videovoice_listeners_waits_for_check CHECK ((waits_for = ANY (ARRAY['work'::text, 'voices'::text, 'statistics'::text])))
);

CREATE TABLE public.videovoice_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_setting_key_key UNIQUE (setting_key);

ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.videovoice_late_writes
    ADD CONSTRAINT videovoice_late_writes_pkey PRIMARY KEY (day);

ALTER TABLE ONLY public.videovoice_listeners
    ADD CONSTRAINT videovoice_listeners_pkey PRIMARY KEY (waits_for, channel);

ALTER TABLE ONLY public.videovoice_migrations
    ADD CONSTRAINT videovoice_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.voice_mappings
    ADD CONSTRAINT voice_mappings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.voice_mappings
    ADD CONSTRAINT voice_mappings_voice_id_key UNIQUE (voice_id);

ALTER TABLE public.voices
    ADD CONSTRAINT voices_attempts_check CHECK ((((attempt >= 0) AND (attempt <= 1000000000)) AND ((max_attempts >= 0) AND (max_attempts <= 1000000000)) AND ((failures >= 0) AND (failures <= 1000000000)))) NOT VALID;

ALTER TABLE ONLY public.voices
    ADD CONSTRAINT voices_pkey PRIMARY KEY (id) WITH (fillfactor='70');

CREATE INDEX idx_videos_created_at_id ON public.videos USING btree (created_at, id);

CREATE INDEX idx_videos_status_created_at_id ON public.videos USING btree (status, created_at, id);

CREATE UNIQUE INDEX idx_videovoice_listeners_statistics ON public.videovoice_listeners USING btree (waits_for) WHERE (waits_for = 'statistics'::text);

CREATE UNIQUE INDEX idx_voice_mappings_one_default ON public.voice_mappings USING btree (is_default) WHERE is_default;

CREATE INDEX idx_voices_available ON public.voices USING btree (available_at) WHERE ((status = 'pending'::public.voice_status) AND (available_at IS NOT NULL));

CREATE INDEX idx_voices_claim ON public.voices USING btree (((- priority)), queue_at, id) WHERE ((status = 'pending'::public.voice_status) AND (available_at IS NULL));

CREATE INDEX idx_voices_lease ON public.voices USING btree (lease_expires_at) WHERE (status = 'processing'::public.voice_status);

CREATE UNIQUE INDEX idx_voices_video_id_position ON public.voices USING btree (video_id, "position") INCLUDE (status) WITH (fillfactor='70');

CREATE INDEX idx_voices_voice_mapping_id ON public.voices USING brin (voice_mapping_id uuid_bloom_ops (n_distinct_per_range='32')) WITH (pages_per_range='32', autosummarize='on');

CREATE TRIGGER update_settings_updated_at BEFORE UPDATE ON public.settings FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_videos_updated_at BEFORE UPDATE ON public.videos FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_voice_mappings_updated_at BEFORE UPDATE ON public.voice_mappings FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TRIGGER update_voices_updated_at BEFORE UPDATE ON public.voices FOR EACH ROW WHEN ((NOT (new.updated_at IS DISTINCT FROM old.updated_at))) EXECUTE FUNCTION public.keep_finished_voices();

ALTER TABLE ONLY public.voices
    ADD CONSTRAINT voices_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.voices
    ADD CONSTRAINT voices_voice_mapping_id_fkey FOREIGN KEY (voice_mapping_id) REFERENCES public.voice_mappings(id);
