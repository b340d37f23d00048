-- What a user did in one go. A session that a sender names is what it says; of events without a name, one goes on until 30 minutes pass in which the
-- user did nothing else of the kind. An event of the future counts when its day has come.
create view user_sessions as
  with done as (
    select user_id, session_id, movie_id, occurred_at from interactions where occurred_at <= latest_time()
    union all
    select user_id, session_id, null, occurred_at from searches where occurred_at <= latest_time()
  ),
  breaks as (
    select *, session_id is null and occurred_at - lag(occurred_at) over earlier > interval '30 minutes' as is_break
    from done window earlier as (partition by user_id, session_id order by occurred_at)
  ),
  numbered as (
    select *, count(*) filter (where is_break) over (partition by user_id, session_id order by occurred_at) as nth from breaks
  )
  select user_id, session_id, min(occurred_at) as started_at, max(occurred_at) as ended_at, count(*) as events, count(distinct movie_id) as movies,
    count(*) filter (where movie_id is null) as searches
  from numbered group by user_id, session_id, nth;

-- Movies that events name and the catalogue lacks: nothing is learnt of them until it has them.
create view unknown_movies as
  select movie_id, count(*) as events, count(distinct user_id) as users, min(occurred_at) as first_at, max(occurred_at) as last_at
  from interactions i
  where not exists (select from movies m where m.movie_id = i.movie_id)
  group by movie_id;
