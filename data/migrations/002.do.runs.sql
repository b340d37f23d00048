-- The run ledger: what every workflow run did, kept after Temporal forgets it.

create table runs (
  run_id text primary key, -- the Temporal workflow id, such as training/2026-11-23-a1
  workflow text not null,
  temporal_run_id text,
  state text not null check (state in ('queued', 'running', 'success', 'failed', 'cancelled')),
  input jsonb not null default '{}',
  result jsonb,
  error text,
  started_by text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz
);
create index runs_recent on runs (created_at desc, run_id desc);
create index runs_of_workflow on runs (workflow, created_at desc, run_id desc);
create index runs_open on runs (run_id) where state in ('queued', 'running');

-- One row an attempt of an activity. A child workflow's steps stand under the run that started it, with the child's subject.
create table run_steps (
  workflow_id text not null,
  temporal_run_id text not null,
  activity_id text not null,
  attempt integer not null check (attempt >= 1),
  run_id text not null references runs on delete cascade,
  step text not null, -- prepare_training_data
  subject text, -- neural_cf
  queue text not null,
  worker text not null,
  state text not null check (state in ('running', 'success', 'failed', 'cancelled', 'lost')),
  started_at timestamptz not null,
  ended_at timestamptz,
  result jsonb,
  error text,
  primary key (workflow_id, temporal_run_id, activity_id, attempt)
);
create index run_steps_of_run on run_steps (run_id, started_at);

create table run_step_logs (
  workflow_id text not null,
  temporal_run_id text not null,
  activity_id text not null,
  attempt integer not null,
  line integer not null,
  logged_at timestamptz not null,
  level text not null,
  message text not null,
  fields jsonb not null default '{}',
  primary key (workflow_id, temporal_run_id, activity_id, attempt, line),
  foreign key (workflow_id, temporal_run_id, activity_id, attempt) references run_steps on delete cascade
);
