-- What MLflow's clients tell of a version beside its source, and who changed what of aliases and stages.
alter table model_versions
  add column run_link text not null default '',
  add column model_id text, -- the logged model that it was made of
  add column artifact_uri text; -- where its files are to be had; null where its source says that
create index model_versions_of_stage on model_versions (name, stage, version desc);
create index model_versions_by_change on model_versions (name, updated_at desc, version desc);
create index model_versions_of_run on model_versions (registry_run_id);

-- MLflow takes letters of any script in an alias; api/mlflow/modelNames.ts says which characters.
alter table model_aliases drop constraint model_aliases_alias_check, add check (length(alias) between 1 and 256);

create table registry_changes (
  change_id bigint generated always as identity primary key,
  name text not null, -- no reference: what was done to a model is told also when it is gone
  version integer not null, -- the version that the change is about; of an alias that was taken away, the one that had it
  alias text, -- null where the stage changed
  was text, -- the version, or the stage, before; null where the alias named none
  became text, -- null where the alias names none any more
  changed_by text not null,
  reason text not null,
  changed_at timestamptz not null default clock_timestamp()
);
create index registry_changes_of_model on registry_changes (name, change_id desc);

insert into registry_changes (name, version, alias, became, changed_by, reason, changed_at)
select name, version, alias, version::text, 'unknown', 'set before changes were written down', updated_at from model_aliases order by updated_at;

-- The one place that writes a change down, whatever changed it: in its transaction, in the name of whom domain/registry/author.ts told it.
create function write_registry_change(name text, version integer, alias text, was text, became text) returns void language sql as $$
  insert into registry_changes (name, version, alias, was, became, changed_by, reason)
  values (name, version, alias, was, became,
    coalesce(nullif(current_setting('registry.changed_by', true), ''), current_user), coalesce(current_setting('registry.reason', true), ''))
$$;

create function write_alias_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform write_registry_change(old.name, old.version, old.alias, old.version::text, null);
  elsif tg_op = 'INSERT' then
    perform write_registry_change(new.name, new.version, new.alias, null, new.version::text);
  elsif old.version <> new.version then
    perform write_registry_change(new.name, new.version, new.alias, old.version::text, new.version::text);
  end if;
  return null;
end $$;
create trigger model_aliases_written_down after insert or update or delete on model_aliases
  for each row execute function write_alias_change();

create function write_stage_change() returns trigger language plpgsql as $$
begin
  perform write_registry_change(new.name, new.version, null, old.stage, new.stage);
  return null;
end $$;
create trigger model_versions_stage_written_down after update on model_versions
  for each row when (old.stage <> new.stage) execute function write_stage_change();

create function rename_registry_changes() returns trigger language plpgsql as $$
begin
  update registry_changes set name = new.name where name = old.name;
  return null;
end $$;
create trigger registered_models_renamed after update on registered_models
  for each row when (old.name <> new.name) execute function rename_registry_changes();
