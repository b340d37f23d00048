-- What other clients log into the registry: the latest metrics beside their history, data sets and models of runs, logged models.

create table registry_run_latest_metrics (
  registry_run_id text not null references registry_runs on delete cascade,
  key text not null,
  step bigint not null,
  recorded_at timestamptz not null,
  value double precision not null, -- NaN is kept as it is
  primary key (registry_run_id, key)
);
insert into registry_run_latest_metrics (registry_run_id, key, step, recorded_at, value)
select distinct on (registry_run_id, key) registry_run_id, key, step, recorded_at, value from registry_run_metrics
order by registry_run_id, key, step desc, recorded_at desc, value desc;

-- A page of a history goes on in the order in which its points were made.
create index registry_run_metrics_by_time on registry_run_metrics (registry_run_id, key, recorded_at, step, value);

alter table experiments add column artifact_location text; -- null: in this registry's own store

-- Tags as clients of MLflow look for them: what a run is called, whose it is and what it is a part of are tags there.
create view registry_run_shown_tags as
  select registry_run_id, key, value from registry_run_tags
  union all
  select registry_run_id, 'mlflow.runName', name from registry_runs
  union all
  select registry_run_id, 'mlflow.user', user_id from registry_runs r
  where user_id <> '' and not exists (select from registry_run_tags t where t.registry_run_id = r.registry_run_id and t.key = 'mlflow.user')
  union all
  select registry_run_id, 'mlflow.parentRunId', parent_run_id from registry_runs r
  where parent_run_id is not null
    and not exists (select from registry_run_tags t where t.registry_run_id = r.registry_run_id and t.key = 'mlflow.parentRunId');

create table registry_datasets (
  dataset_id bigint generated always as identity primary key,
  experiment_id bigint not null references experiments on delete cascade,
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema text,
  profile text,
  unique (experiment_id, name, digest)
);
create table registry_run_datasets (
  registry_run_id text not null references registry_runs on delete cascade,
  dataset_id bigint not null references registry_datasets on delete cascade,
  tags jsonb not null default '[]', -- of this use: a list of key and value
  used_at bigint generated always as identity,
  primary key (registry_run_id, dataset_id)
);
create index registry_run_datasets_of_dataset on registry_run_datasets (dataset_id);

create table registry_run_models (
  registry_run_id text not null references registry_runs on delete cascade,
  role text not null check (role in ('input', 'output')),
  model_id text not null,
  step bigint not null default 0,
  used_at bigint generated always as identity,
  primary key (registry_run_id, role, model_id, step)
);

create table logged_models (
  model_id text primary key,
  experiment_id bigint not null references experiments,
  name text not null,
  model_type text not null default '',
  status text not null default 'PENDING' check (status in ('UNSPECIFIED', 'PENDING', 'READY', 'FAILED')),
  lifecycle_stage text not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
  source_run_id text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index logged_models_of_experiment on logged_models (experiment_id, created_at desc);

create table logged_model_params (
  model_id text not null references logged_models on delete cascade,
  key text not null,
  value text not null,
  primary key (model_id, key)
);
create table logged_model_tags (
  model_id text not null references logged_models on delete cascade,
  key text not null,
  value text not null,
  primary key (model_id, key)
);
create table logged_model_metrics (
  model_id text not null references logged_models on delete cascade,
  key text not null,
  registry_run_id text not null references registry_runs on delete cascade,
  step bigint not null,
  recorded_at timestamptz not null,
  value double precision not null,
  dataset_name text not null default '',
  dataset_digest text not null default '',
  primary key (model_id, key, recorded_at, step, registry_run_id, value)
);
