-- How a movie of a set that has ids of its own (100K) came by its id in the catalogue; null of ids that a set itself gives.
alter table movie_external_ids add column matched_by text;
update movie_external_ids set matched_by = case when movie_id >= 9000000 then 'none' else 'title_and_year' end where source = 'ml-100k';

-- What somebody decided instead: another movie of the catalogue, or none (null). It holds from the next import on.
create table title_decisions (
  source text not null,
  external_id text not null,
  movie_id integer, -- one that is gone decides nothing
  decided_at timestamptz not null default now(),
  primary key (source, external_id)
);
