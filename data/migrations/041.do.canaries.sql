-- A version on its way through stages of traffic, and what is needed to watch it: how long each answer took, and which models were to give it and could not.

alter table served_answers add duration_ms real, add faults json; -- faults: null where there were none

create table canary_rollouts (
  rollout_id text primary key, -- the first execution of its workflow
  route text not null,
  model text not null,
  version integer not null,
  champion integer, -- that it is held against
  plan json not null, -- stages, limits and how sure a verdict has to be
  state text not null default 'running' check (state in ('running', 'promoted', 'rolled_back', 'aborted', 'stopped')),
  paused boolean not null default false,
  reason text not null, -- why it was asked for; when it has ended, why it ended so
  before json not null, -- the route that it began from
  before_revision integer not null, -- which revision that was; 0: as built in
  revision integer not null, -- of the route as the rollout set it last: any other is somebody else's
  stage integer, -- from 0; null before the first
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create unique index canary_rollouts_running on canary_rollouts (route) where state = 'running';
create index canary_rollouts_of_route on canary_rollouts (route, started_at desc);
create index canary_rollouts_by_age on canary_rollouts (started_at desc);

create table canary_stages (
  rollout_id text not null references canary_rollouts on delete cascade,
  stage integer not null,
  share double precision not null,
  revision integer not null, -- of the route
  started_at timestamptz not null default clock_timestamp(),
  checked_at timestamptz,
  verdict text check (verdict in ('wait', 'pass', 'roll_back', 'stop')),
  reason text not null default '',
  report json,
  primary key (rollout_id, stage)
);

create function tell_canary() returns trigger language plpgsql as $$
begin
  perform tell_webhooks('canary.' || new.state, json_build_object('route', new.route, 'model', new.model, 'version', new.version::text,
    'champion', new.champion::text, 'stage', new.stage + 1, 'reason', new.reason));
  return null;
end $$;
create trigger canary_rollouts_told after update on canary_rollouts
  for each row when (old.state = 'running' and new.state in ('promoted', 'rolled_back')) execute function tell_canary();
