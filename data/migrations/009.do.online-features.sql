-- The online feature store where no Redis is configured, and what is known of each view's materialization wherever the store is.

-- The latest row of each entity. `row` is text as domain/features/encoding.ts writes it; times are milliseconds since 1970.
create table feature_online (
  view text not null,
  entity_id text not null,
  event_ms bigint not null,
  created_ms bigint not null,
  row text not null,
  primary key (view, entity_id)
);

-- Rows of a batch that is being written and that nobody reads yet.
create table feature_online_staged (
  view text not null,
  entity_id text not null,
  event_ms bigint not null,
  created_ms bigint not null,
  row text not null,
  primary key (view, entity_id)
);

-- The batch of each view that is open, if any, with the entity that was staged last, and whether one was ever committed.
create table feature_online_batches (
  view text primary key,
  open text,
  staged_to text,
  is_filled boolean not null default false
);

-- One writer of a view at a time: whoever holds the lease. Once that has ended nobody is materializing, whatever the state says.
create table feature_materializations (
  view text primary key,
  state text not null default 'CREATED' check (state in ('CREATED', 'GENERATED', 'MATERIALIZING', 'AVAILABLE_ONLINE')),
  owner text,
  leased_until timestamptz not null default '-infinity',
  materialized_to timestamptz, -- rows of event times up to this were brought online
  offline_seen_at timestamptz, -- and offline rows that were made up to this
  changed_at timestamptz not null default now()
);
