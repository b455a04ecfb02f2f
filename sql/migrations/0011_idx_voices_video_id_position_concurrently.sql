-- A position is used once in a video. The state stands in it, so that a video's counts are read from the index alone; that costs no update, because none is HOT.
create unique index concurrently if not exists idx_voices_video_id_position on voices (video_id, position) include (status) with (fillfactor = 70);
