-- A video in state pending. A repeated create with the same id changes nothing.
insert into videos (id, title, description, background_video_path, metadata, priority, status)
values (@id, @title, @description, @backgroundVideoPath, @metadata::jsonb, @priority, 'pending')
on conflict (id) do nothing;
