-- Events that Kafka refuses for themselves, such as one larger than it takes: set aside by the relay, so that what comes after them goes on.
create table outbox_refused (
  id uuid primary key,
  shard smallint not null,
  aggregatetype text not null, -- the topic
  aggregateid text not null, -- the message key
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null, -- when it was accepted
  refused_at timestamptz not null default now(),
  reason text not null -- as Kafka gave it
);
