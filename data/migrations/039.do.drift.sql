-- What the drift monitor found, which alerts are open, and what became of the trainings that alerts led to.

create table drift_reports (
  report_id uuid primary key,
  run_id text not null,
  model_name text not null,
  model_version text not null,
  window_from timestamptz not null,
  window_to timestamptz not null,
  drifted boolean not null,
  report jsonb not null,
  html_uri text not null,
  created_at timestamptz not null default now(),
  unique (run_id, model_name) -- a step that is tried again finds what it did
);
create index drift_reports_of_model on drift_reports (model_name, window_to desc, created_at desc);
create index drift_reports_by_age on drift_reports (created_at desc);

-- From the alert until the window is calm again or another version serves; a model has one open at most.
create table drift_episodes (
  alert_id uuid primary key, -- of the event
  model_name text not null,
  model_version text not null,
  report_id uuid not null references drift_reports on delete cascade,
  opened_at timestamptz not null default now(),
  closed_at timestamptz
);
create unique index drift_episodes_open on drift_episodes (model_name) where closed_at is null;

-- A row a training that alerts led to.
create table drift_decisions (
  run_id text primary key,
  model_name text not null,
  alerts uuid[] not null,
  outcome text not null default 'training' check (outcome in ('training', 'promoted', 'kept', 'failed')),
  version text,
  reason text,
  held_choices integer, -- that it did not learn from
  started_at timestamptz not null default now(),
  decided_at timestamptz
);
create index drift_decisions_by_age on drift_decisions (started_at desc);
