-- Sets whose ratings are here, by the source that their rows name.
create table data_sets (
  name text primary key, -- ml-1m; movielens is the collected one
  dataset text not null, -- what its reports are listed under
  format text, -- null of a set from before this table
  run_id text not null, -- that published it last
  row_counts jsonb not null, -- rows that were left to publish, by kind
  newest_at timestamptz, -- of its newest rating
  digest text, -- of its ratings; null of a set from before this table
  added_at timestamptz not null default now(),
  published_at timestamptz not null default now()
);
create index data_sets_digest on data_sets (digest);

alter table quality_reports add column digest text; -- of the ratings that were checked

insert into data_sets (name, dataset, run_id, row_counts, newest_at, added_at, published_at)
select distinct on (name) name, dataset, run_id, row_counts, newest_at, min(published_at) over (partition by name), published_at
from (select *, case when dataset like 'movielens:%' then 'movielens' else dataset end as name from quality_reports where published_at is not null) q
order by name, published_at desc;
