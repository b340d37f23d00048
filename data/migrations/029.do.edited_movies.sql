-- What somebody said of a movie by the API, which an import does not take back.
create table edited_movies (
  movie_id integer primary key references movies on delete cascade,
  fields text[] not null, -- columns of movies
  edited_at timestamptz not null default now()
);
