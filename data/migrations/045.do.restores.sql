-- Backups that were restored into this database. A row without `finished_at` is of a restore that was interrupted: `mlops restore` goes on with it.
create table restores (
  restore_id bigint generated always as identity primary key,
  backup_id text not null,
  taken_at timestamptz not null,
  loaded_at timestamptz not null default now(),
  finished_at timestamptz
);
