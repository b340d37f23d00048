-- Runs that somebody deleted. Temporal lists a deleted run for some seconds more, and who looks there for unknown runs is to leave it out.
create table deleted_runs (
  run_id text primary key,
  deleted_at timestamptz not null default clock_timestamp()
);
