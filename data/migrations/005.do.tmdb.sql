-- What TMDB says of movies: to show, never to learn from, and for 180 days at most. Each row holds what one answer said, and when.

-- The catalogue gives a title that TMDB alone knows an id and nothing more, so that training, features and snapshots, which read `movies`,
-- cannot meet TMDB's text, and erasing the text changes no catalogue row.
create sequence tmdb_movie_ids as integer minvalue 10000000;
alter table movies add constraint movies_hold_no_tmdb_text check (
  source <> 'tmdb' or (movie_id >= 10000000 and title = 'Movie ' || movie_id and release_year is null and genres = '{}')
);

create table tmdb_genres (
  genre_id integer primary key,
  name text not null,
  fetched_at timestamptz not null
);

create table tmdb_movies (
  tmdb_id integer primary key check (tmdb_id > 0),
  title text not null check (title <> ''),
  original_title text,
  original_language text,
  overview text,
  release_date date,
  genre_ids integer[] not null,
  poster_path text,
  backdrop_path text,
  popularity double precision,
  vote_average double precision,
  vote_count integer,
  fetched_at timestamptz not null
);
create index tmdb_movies_fetched on tmdb_movies (fetched_at);
-- Links name TMDB's ids as text: movie_external_ids, source 'tmdb'.
create unique index tmdb_movies_linked on tmdb_movies ((tmdb_id::text));

create table tmdb_details (
  tmdb_id integer primary key references tmdb_movies on delete cascade,
  tagline text,
  runtime_minutes integer,
  directors text[] not null,
  actors jsonb not null, -- [{name, character}], in TMDB's order
  keywords text[] not null,
  fetched_at timestamptz not null
);
create index tmdb_details_fetched on tmdb_details (fetched_at);

-- When TMDB was last asked for a movie's details, and what came of it, so that nothing is asked for again too soon.
create table tmdb_asked (
  tmdb_id integer primary key,
  asked_at timestamptz not null,
  outcome text not null check (outcome in ('kept', 'gone', 'set_aside')),
  reason text -- of what was set aside
);
