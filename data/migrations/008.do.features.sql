-- The feature store. The offline table of each view is made by `features apply` from the view's definition.

-- What users did, once each, whatever way it came in: a rating that also came as an event, or an event sent twice under two ids, is one.
create view user_movie_events as
  select user_id, movie_id, rating::float8 as rating, 'rating' as interaction_type, rated_at as occurred_at from ratings
  union all
  select distinct i.user_id, i.movie_id, i.rating::float8, i.interaction_type, i.occurred_at
  from interactions i
  where not exists (
    select from ratings r where r.user_id = i.user_id and r.movie_id = i.movie_id and r.rated_at = i.occurred_at and r.rating = i.rating
  );

-- Every set of definitions that was in force, one after the other.
create table feature_registry (
  version integer primary key check (version >= 1),
  hash text not null, -- sha256 of the definitions
  definitions jsonb not null,
  plan jsonb not null, -- what it changed in the version before
  applied_by text not null,
  applied_at timestamptz not null default now()
);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger feature_registry_append_only before update or delete on feature_registry
  for each statement execute function refuse_change();

-- How far each view is computed.
create table feature_view_state (
  view text primary key,
  computed_to timestamptz not null,
  computed_at timestamptz not null default now()
);

-- What each entity's rows were computed from, to notice what arrives late or is corrected.
create table feature_fingerprints (
  view text not null,
  entity_id text not null,
  fingerprint bigint not null,
  primary key (view, entity_id)
);
