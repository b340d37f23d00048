-- Catalogues and logs of choices that people bring themselves.

-- Ids of own movies stand above every other range (MovieLens' have at most nine digits, TMDB's begin at 10,000,000), so that an own "1" is nobody
-- else's. An id is given once and kept, also after its set is gone.
create sequence own_movie_id_seq as integer minvalue 1000000000;
alter sequence tmdb_movie_ids maxvalue 999999999;
create table own_movie_ids (
  source text not null, -- the set
  external_id text not null,
  movie_id integer not null unique default nextval('own_movie_id_seq'),
  primary key (source, external_id)
);

alter table movies add column attributes jsonb not null default '{}'; -- further columns of a file of titles
alter table ratings add column raw_value real; -- a value on the source's own scale, or a count; null of a set on our scale, and of bare choices

-- Movies that are not to be recommended any more, whatever a model knows: those that somebody took out, and those whose row is gone.
create table gone_movies (
  movie_id integer primary key,
  seq bigint generated always as identity, -- whoever keeps a copy sees by the highest and the count that it is old
  gone_at timestamptz not null default now()
);
create index gone_movies_seq on gone_movies (seq);

create function note_removed_movies() returns trigger language plpgsql as $$
begin
  insert into gone_movies (movie_id) select movie_id from old_rows on conflict do nothing;
  return null;
end $$;
create trigger movies_removed after delete on movies referencing old table as old_rows
  for each statement execute function note_removed_movies();

create function note_new_movies() returns trigger language plpgsql as $$
begin
  delete from gone_movies using new_rows where gone_movies.movie_id = new_rows.movie_id;
  return null;
end $$;
create trigger movies_added after insert on movies referencing new table as new_rows
  for each statement execute function note_new_movies();

-- The model server listens, so that it stops recommending at once.
create function notify_catalogue_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('catalogue_changed', '');
  return null;
end $$;
create trigger gone_movies_changed after insert or update or delete on gone_movies
  for each statement execute function notify_catalogue_changed();
