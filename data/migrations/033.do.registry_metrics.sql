-- Metrics come by the hundred: what is done for each row is most of what logging costs.

-- One index in place of two: these columns make a point, and this is the order in which pages of a history go on.
alter table registry_run_metrics
  drop constraint registry_run_metrics_pkey,
  add primary key (registry_run_id, key, recorded_at, step, value);
drop index registry_run_metrics_by_time;

-- Runs are searched and ordered by what they reached of one metric.
create index registry_run_latest_metrics_of_key on registry_run_latest_metrics (key, registry_run_id);

-- That each metric is of a run there is, and goes with it, is looked at once a statement, where a foreign key looks once a row.
alter table registry_run_metrics drop constraint registry_run_metrics_registry_run_id_fkey;
alter table registry_run_latest_metrics drop constraint registry_run_latest_metrics_registry_run_id_fkey;

create function require_runs_of_metrics() returns trigger language plpgsql as $$
declare id text;
begin
  for id in select distinct registry_run_id from added loop
    -- Whoever deletes the run waits until we are done, and we for them.
    perform from registry_runs where registry_run_id = id for key share;
    if not found then
      raise foreign_key_violation using message = format('there is no run %s, of which %s was to have metrics', id, tg_table_name), table = tg_table_name;
    end if;
  end loop;
  return null;
end $$;
create trigger registry_run_metrics_have_runs after insert on registry_run_metrics
  referencing new table as added for each statement execute function require_runs_of_metrics();
create trigger registry_run_latest_metrics_have_runs after insert on registry_run_latest_metrics
  referencing new table as added for each statement execute function require_runs_of_metrics();

create function delete_metrics_of_runs() returns trigger language plpgsql as $$
begin
  delete from registry_run_metrics m using gone where m.registry_run_id = gone.registry_run_id;
  delete from registry_run_latest_metrics m using gone where m.registry_run_id = gone.registry_run_id;
  return null;
end $$;
create trigger registry_runs_gone_with_metrics after delete on registry_runs
  referencing old table as gone for each statement execute function delete_metrics_of_runs();

create function truncate_metrics_of_runs() returns trigger language plpgsql as $$
begin
  truncate registry_run_metrics, registry_run_latest_metrics;
  return null;
end $$;
create trigger registry_runs_truncated_with_metrics before truncate on registry_runs
  for each statement execute function truncate_metrics_of_runs();
