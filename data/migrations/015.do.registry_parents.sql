-- A run of a sweep names its parent; addresses of artifacts, which follow from the ids, are for whoever is told them.
alter table registry_runs add column parent_run_id text references registry_runs on delete set null;
create index registry_runs_of_parent on registry_runs (parent_run_id);
update registry_runs r set parent_run_id = t.value from registry_run_tags t
where t.registry_run_id = r.registry_run_id and t.key = 'mlflow.parentRunId'
  and exists (select from registry_runs p where p.registry_run_id = t.value);
delete from registry_run_tags where key = 'mlflow.parentRunId';
alter table registry_runs drop column artifact_uri;
alter table experiments drop column artifact_location;
