-- Events of more kinds: a skip, a search, how a service does.

-- Whether an event counts as having chosen the movie: a rating does, a low one too; a dislike and a skip do not; having met the movie in any other way does.
create function is_choice(interaction_type text, rating double precision) returns boolean
language sql immutable parallel safe as $$
  select rating is not null or interaction_type not in ('dislike', 'skip')
$$;

-- A skip is no opinion and takes none back. Among events without opinion it counts where there is nothing else: a movie that was watched and skipped
-- another day stays chosen.
create or replace view user_choices as
  select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at, true as is_chosen, line::bigint as place, source
  from ratings r
  where not exists (
    select from interactions i
    where i.user_id = r.user_id and i.movie_id = r.movie_id and i.occurred_at >= r.rated_at and i.occurred_at <= latest_time()
      and opinion_of(i.interaction_type, i.rating) is not null
  )
  union all
  select user_id, movie_id, opinion, rating, happened_at, is_chosen, seq + 2147483647, null
  from (
    select distinct on (user_id, movie_id)
      user_id, movie_id, opinion_of(interaction_type, rating) as opinion, rating, occurred_at as happened_at, seq,
      is_choice(interaction_type, rating) as is_chosen
    from interactions
    where occurred_at <= latest_time()
    order by user_id, movie_id, opinion_of(interaction_type, rating) is null,
      opinion_of(interaction_type, rating) is null and not is_choice(interaction_type, rating), occurred_at desc, seq desc
  ) e
  where not exists (
    select from ratings r where r.user_id = e.user_id and r.movie_id = e.movie_id and (e.opinion is null or r.rated_at > e.happened_at)
  );

-- No feature counts a skip: neither how often a movie is chosen, nor what a user did last.
create or replace view user_movie_events as
  select user_id, movie_id, rating::float8 as rating, 'rating' as interaction_type, rated_at as occurred_at from ratings
  union all
  select distinct i.user_id, i.movie_id, i.rating::float8, i.interaction_type, i.occurred_at
  from interactions i
  where (i.interaction_type <> 'skip' or i.rating is not null)
    and not exists (
      select from ratings r where r.user_id = i.user_id and r.movie_id = i.movie_id and r.rated_at = i.occurred_at and r.rating = i.rating
    );

create table searches (
  event_id uuid primary key,
  user_id text not null,
  query text not null,
  session_id text,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now()
);
create index searches_of_user on searches (user_id, occurred_at);

-- How services said that they do; `received_at` prunes it.
create table system_health (
  event_id uuid primary key,
  service_name text not null,
  status text,
  cpu_usage double precision not null, -- percent of one core
  memory_usage double precision not null, -- percent
  response_time_ms double precision,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now()
);
create index system_health_of_service on system_health (service_name, occurred_at desc);
create index system_health_by_age on system_health (received_at);

-- Requests that came with a key of their sender's own: the same one again is the same, and with another body it is refused.
create table idempotency_keys (
  id uuid primary key, -- of who sent it, where to, and the key
  fingerprint text not null, -- of the body
  seed uuid not null default gen_random_uuid(), -- what the ids of its events derive from
  created_at timestamptz not null default now()
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- What an operator did with dead letters. The letters themselves are Kafka's: docs/decisions/dead-letter-marks.md.
create table dead_letter_marks (
  topic text not null, -- that the letter lies on
  part integer not null,
  position bigint not null,
  written_ms bigint not null, -- when; tells it from another at the same offset of a topic that was made anew
  state text not null check (state in ('replayed', 'dropped')),
  decided_by text not null,
  decided_at timestamptz not null default now(),
  primary key (topic, part, position, written_ms)
);
