-- The catalogue and the ratings that came with an imported set.

-- Ids of the MovieLens latest family are kept; titles known to TMDB alone get ids from 10,000,000 up.
create table movies (
  movie_id integer primary key,
  title text not null check (title <> ''),
  release_year smallint check (release_year between 1870 and 2200),
  genres text[] not null default '{}',
  source text not null,
  updated_at timestamptz not null default now()
);

-- The same movie under the names other catalogues give it.
create table movie_external_ids (
  source text not null,
  external_id text not null,
  movie_id integer not null references movies on delete cascade,
  primary key (source, external_id)
);
create index movie_external_ids_movie on movie_external_ids (movie_id);

create table ratings (
  user_id text not null,
  movie_id integer not null references movies,
  rating real not null check (rating between 0.5 and 5),
  rated_at timestamptz not null,
  source text not null,
  primary key (user_id, movie_id)
);
create index ratings_movie on ratings (movie_id);
