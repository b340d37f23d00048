-- No process of 0.3.0 is left. What one still wrote in its own way, this release keeps where it looks for it.
drop trigger registry_runs_artifact_uri on registry_runs;
drop function fill_artifact_uri();
alter table registry_runs drop column artifact_uri;

insert into registry_run_latest_metrics (registry_run_id, key, step, recorded_at, value)
select distinct on (registry_run_id, key) registry_run_id, key, step, recorded_at, value from registry_run_metrics
order by registry_run_id, key, step desc, recorded_at desc, value desc
on conflict do nothing;

update registry_runs r set parent_run_id = t.value from registry_run_tags t
where t.registry_run_id = r.registry_run_id and t.key = 'mlflow.parentRunId' and r.parent_run_id is null
  and exists (select from registry_runs p where p.registry_run_id = t.value);

-- Imports that ended under it; of sets that are still here.
insert into data_sets (name, dataset, run_id, row_counts, newest_at, added_at, published_at)
select distinct on (name) name, dataset, run_id, row_counts, newest_at, min(published_at) over (partition by name), published_at
from (select *, case when dataset like 'movielens:%' then 'movielens' else dataset end as name from quality_reports where published_at is not null) q
where exists (select from ratings r where r.source = q.name)
order by name, published_at desc
on conflict do nothing;
