-- Whether a video has voices and every one is completed; stops at the first that is not. A video without voices, or none at all, is false, as in Python.
select exists (select from voices v where v.video_id = @videoId)
    and not exists (select from voices v where v.video_id = @videoId and v.status is distinct from 'completed');
