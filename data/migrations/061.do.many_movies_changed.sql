-- A connection keeps the plan of the trigger's statement from the first change that it sees, which is mostly of one movie: then each row of a change of
-- 10,000 movies was compared with each other one, which took a minute.
alter function note_movie_attributes() set enable_nestloop = off;
