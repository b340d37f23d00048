-- Movies that many new users chose who did next to nothing else, and those choices: nobody learns from them before somebody has looked.

create table movie_pushes (
  push_id uuid primary key default gen_random_uuid(),
  movie_id integer not null,
  users integer not null,
  times double precision not null, -- their choices of it by what the other users' taste would give
  state text not null default 'held' check (state in ('held', 'approved', 'rejected')),
  found_at timestamptz not null default now(),
  decided_by text,
  decided_at timestamptz,
  reason text
);
create unique index movie_pushes_held on movie_pushes (movie_id) where state = 'held'; -- more of the same joins it

create table pushed_choices (
  push_id uuid not null references movie_pushes on delete cascade,
  user_id text not null,
  movie_id integer not null,
  primary key (user_id, movie_id)
);
create index pushed_choices_of_push on pushed_choices (push_id);
