-- The newest runs of every experiment, page by page; those of one experiment have their index since 003.
create index registry_runs_newest on registry_runs (started_at desc, registry_run_id) where lifecycle_stage = 'active';
