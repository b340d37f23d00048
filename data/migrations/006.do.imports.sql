-- Imported sets: who is in them, where a set is staged before it is published, and what was found in it.

-- Ratings of an imported set lie in a partition of their own, which is filled and indexed aside and attached whole: a set is there or it is
-- not, and no row is written twice. Its users carry its name, so they are one range of ids. All others are in the default partition.
alter table ratings rename to ratings_default;
alter index ratings_pkey rename to ratings_default_pkey;
alter index ratings_movie rename to ratings_default_movie;
create table ratings (
  user_id text not null,
  movie_id integer not null references movies,
  rating real not null,
  rated_at timestamptz not null,
  source text not null,
  constraint ratings_rating_check check (rating between 0.5 and 5),
  primary key (user_id, movie_id)
) partition by range (user_id);
create index ratings_movie on ratings (movie_id);
alter table ratings attach partition ratings_default default;

create table users (
  user_id text primary key,
  age integer check (age between 0 and 130), -- null where nobody said
  source text not null, -- the set it came with, or 'api'
  updated_at timestamptz not null default now()
);

-- Tables of sets under way, one of each kind a run.
create schema staging;

-- How far a run has read each kind of row. Written in the transaction of the rows themselves, so a killed worker goes on from here.
create table staged_files (
  run_id text not null,
  kind text not null check (kind in ('movies', 'users', 'ratings')),
  fingerprint text not null, -- of the file: one that has changed since is begun anew
  byte_offset bigint not null default 0,
  lines bigint not null default 0,
  read_rows bigint not null default 0,
  rejected_rows bigint not null default 0,
  rejects_bytes bigint not null default 0, -- length of the rejects file by then
  is_done boolean not null default false,
  primary key (run_id, kind)
);

-- What the checks found, a row for each run that staged a set.
create table quality_reports (
  run_id text primary key,
  dataset text not null, -- runs of one data set are compared with each other
  passed boolean not null,
  row_counts jsonb not null, -- rows that were left to publish, by kind
  newest_at timestamptz, -- of its newest rating
  rules jsonb not null,
  checked_at timestamptz not null default now(),
  published_at timestamptz,
  published_counts jsonb -- rows that were new or had changed, by kind
);
create index quality_reports_recent on quality_reports (checked_at desc, run_id desc);
create index quality_reports_of_dataset on quality_reports (dataset, checked_at desc, run_id desc);
