-- Gives the session back as it was.
reset lock_timeout;
