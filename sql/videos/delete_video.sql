-- Deletes a video; its voice requests go with it (on delete cascade).
delete from videos
where id = @id;
