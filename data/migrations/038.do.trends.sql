-- What trends, counted as events pass: of each user and movie when they last chose it, and how many users last chose a movie in which five minutes. So a
-- user counts once a movie in whatever span the buckets of which are summed up, however often they choose it.
create table trend_latest (
  user_id text not null,
  movie_id integer not null,
  bucket timestamptz not null, -- five minutes, from then on
  primary key (user_id, movie_id)
);
create index trend_latest_by_age on trend_latest (bucket);

create table trend_counts (
  bucket timestamptz not null,
  movie_id integer not null,
  users integer not null,
  primary key (bucket, movie_id)
);

-- The counts follow the rows, whoever writes or removes them. One transaction after the other: two that count the same movies in another order would
-- wait for each other.
create function count_trends() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('trend_counts', 0));
  if tg_op in ('UPDATE', 'DELETE') then
    update trend_counts c set users = c.users - r.users
    from (select bucket, movie_id, count(*) as users from removed group by bucket, movie_id) r
    where (c.bucket, c.movie_id) = (r.bucket, r.movie_id);
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into trend_counts as c (bucket, movie_id, users)
    select bucket, movie_id, count(*) from added group by bucket, movie_id
    on conflict (bucket, movie_id) do update set users = c.users + excluded.users;
  end if;
  return null;
end $$;
create trigger trends_added after insert on trend_latest referencing new table as added for each statement execute function count_trends();
create trigger trends_moved after update on trend_latest referencing old table as removed new table as added
  for each statement execute function count_trends();
create trigger trends_removed after delete on trend_latest referencing old table as removed for each statement execute function count_trends();
