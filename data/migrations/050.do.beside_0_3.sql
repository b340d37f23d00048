-- What processes of 0.3.0 write and read of the registry and migration 015 took away: they go on beside this release while it takes their place.
alter table registry_runs add column artifact_uri text;

create function fill_artifact_uri() returns trigger language plpgsql as $$
begin
  new.artifact_uri := 'mlflow-artifacts:/' || new.experiment_id || '/' || new.registry_run_id || '/artifacts';
  return new;
end $$;
create trigger registry_runs_artifact_uri before insert on registry_runs for each row execute function fill_artifact_uri();
update registry_runs set artifact_uri = 'mlflow-artifacts:/' || experiment_id || '/' || registry_run_id || '/artifacts';
