-- Events on their way out (outbox) and events that came in (interactions, drift alerts).

-- Every event that enters by HTTP is a row here before it is acknowledged; the relay deletes it once Kafka has it.
create table outbox (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  shard smallint not null check (shard between 0 and 15),
  aggregatetype text not null, -- the topic
  aggregateid text not null, -- the message key; order holds among rows of one key
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
create index outbox_of_shard on outbox (shard, seq);

create function notify_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', '');
  return null;
end $$;
create trigger outbox_filled after insert on outbox for each statement execute function notify_outbox();

-- Who may relay a shard, until when. The fence grows with each change of owner, and a late owner's deletes find it changed.
create table outbox_shards (
  shard smallint primary key,
  owner text,
  fence bigint not null default 0,
  leased_until timestamptz not null default '-infinity'
);
insert into outbox_shards (shard) select generate_series(0, 15);

-- The relays that are alive: each takes its share of the shards and leaves the rest to the others.
create table outbox_relays (
  relay text primary key,
  alive_until timestamptz not null
);

-- What users did, once per event id. A movie the catalogue lacks is kept too: it may come later.
create table interactions (
  event_id uuid primary key,
  user_id text not null,
  movie_id integer not null,
  interaction_type text not null,
  rating real check (rating between 0.5 and 5),
  session_id text,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now()
);
create index interactions_of_user on interactions (user_id, movie_id);

create table drift_alerts (
  event_id uuid primary key,
  model_name text not null,
  drift_score double precision not null,
  threshold double precision not null,
  alert jsonb not null,
  received_at timestamptz not null default now(),
  signalled_at timestamptz -- null until its retraining workflow has the alert
);
create index drift_alerts_unsignalled on drift_alerts (received_at) where signalled_at is null;
