-- A movie that the API takes out of the catalogue keeps its row in movies: that it goes, and that it comes back, stands here. What goes because its set does is the set's entry.
create trigger gone_movies_audited after insert or delete on gone_movies
  for each row when (current_setting('audit.request', true) <> '' and pg_trigger_depth() = 0) execute function write_audit_change('movie_id', 'seq');
