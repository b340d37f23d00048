-- Webhooks of the registry. What they are told is written beside the change itself, in its transaction, by the database, so that no door can pass it by
-- and nothing is lost: a delivery is there exactly when the change is.

create table webhooks (
  webhook_id text primary key default gen_random_uuid(),
  name text not null,
  url text not null,
  events text[] not null, -- such as model_version.created
  description text not null default '',
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'DISABLED')),
  secret text, -- as domain/webhooks/secrets.ts keeps it; null: deliveries are not signed
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()), -- pages go on behind it
  updated_at timestamptz not null default clock_timestamp()
);
create index webhooks_by_age on webhooks (created_at desc, webhook_id desc);

create table webhook_deliveries (
  delivery_id text primary key default gen_random_uuid(),
  webhook_id text not null references webhooks on delete cascade,
  event text not null,
  data json not null, -- json, not jsonb: its fields are sent in this order
  occurred_at timestamptz not null default clock_timestamp(),
  status text not null default 'waiting' check (status in ('waiting', 'sending', 'delivered', 'failed')),
  sending_since timestamptz,
  attempts integer not null default 0,
  attempted_at timestamptz,
  response_status integer, -- of the last attempt; null where nothing was answered
  error text -- of the last attempt
);
create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, occurred_at desc, delivery_id desc);
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id, occurred_at) where status = 'waiting';
create index webhook_deliveries_sending on webhook_deliveries (webhook_id) where status = 'sending';
create index webhook_deliveries_by_age on webhook_deliveries (occurred_at);

-- MLflow keeps prompts as models that have this tag, and tells of them by names of their own.
create function is_prompt(model text) returns boolean language sql stable as $$
  select exists (select from registered_model_tags where name = model and key = 'mlflow.prompt.is_prompt' and lower(value) = 'true')
$$;

-- `tags` without those by which MLflow marks prompts.
create function shown_prompt_tags(tags jsonb) returns jsonb language sql immutable as $$
  select tags - array['mlflow.prompt.is_prompt', '_mlflow_prompt_type', 'mlflow.prompt.text']
$$;

create function nobody_listens() returns boolean language sql stable as $$
  select not exists (select from webhooks where status = 'ACTIVE')
$$;

create function tell_webhooks(named text, told json) returns void language sql as $$
  insert into webhook_deliveries (webhook_id, event, data)
  select webhook_id, named, told from webhooks where status = 'ACTIVE' and named = any (events)
$$;

-- All of these run at the end of the transaction, when what it made is whole: a model with its tags, a version with its tags. What came to be in this very
-- transaction has its time, and its first tags are told with it, not each for itself. What went with its version or model is not told.

create function tell_model_created() returns trigger language plpgsql as $$
declare tags jsonb;
begin
  if nobody_listens() then return null; end if;
  select coalesce(jsonb_object_agg(t.key, t.value), '{}') into tags from registered_model_tags t where t.name = new.name;
  if is_prompt(new.name) then
    perform tell_webhooks('prompt.created', json_build_object('name', new.name, 'tags', shown_prompt_tags(tags), 'description', new.description));
  else
    perform tell_webhooks('registered_model.created', json_build_object('name', new.name, 'tags', tags, 'description', new.description));
  end if;
  return null;
end $$;
create constraint trigger registered_models_told after insert on registered_models deferrable initially deferred
  for each row execute function tell_model_created();

create function tell_version_created() returns trigger language plpgsql as $$
declare tags jsonb;
begin
  if nobody_listens() then return null; end if;
  select coalesce(jsonb_object_agg(t.key, t.value), '{}') into tags from model_version_tags t where (t.name, t.version) = (new.name, new.version);
  if is_prompt(new.name) then
    perform tell_webhooks('prompt_version.created', json_build_object('name', new.name, 'version', new.version::text,
      'template', coalesce(tags ->> 'mlflow.prompt.text', ''), 'tags', shown_prompt_tags(tags), 'description', nullif(new.description, '')));
  else
    perform tell_webhooks('model_version.created', json_build_object('name', new.name, 'version', new.version::text, 'source', new.source,
      'run_id', new.registry_run_id, 'tags', tags, 'description', nullif(new.description, '')));
  end if;
  return null;
end $$;
create constraint trigger model_versions_told after insert on model_versions deferrable initially deferred
  for each row execute function tell_version_created();

create function tell_version_tag() returns trigger language plpgsql as $$
declare
  changed model_version_tags := coalesce(new, old);
  entity text;
begin
  if nobody_listens() then return null; end if;
  if not exists (select from model_versions v where (v.name, v.version) = (changed.name, changed.version) and v.created_at < now()) then return null; end if;
  entity := case when is_prompt(changed.name) then 'prompt_version_tag' else 'model_version_tag' end;
  if tg_op = 'DELETE' then
    perform tell_webhooks(entity || '.deleted', json_build_object('name', old.name, 'version', old.version::text, 'key', old.key));
  else
    perform tell_webhooks(entity || '.set', json_build_object('name', new.name, 'version', new.version::text, 'key', new.key, 'value', new.value));
  end if;
  return null;
end $$;
create constraint trigger model_version_tags_told after insert or delete on model_version_tags deferrable initially deferred
  for each row execute function tell_version_tag();
create constraint trigger model_version_tags_told_again after update on model_version_tags deferrable initially deferred
  for each row when (old.name = new.name) execute function tell_version_tag(); -- not where the model was renamed

create function tell_alias() returns trigger language plpgsql as $$
declare
  changed model_aliases := coalesce(new, old);
  entity text;
begin
  if nobody_listens() then return null; end if;
  if not exists (select from model_versions v where (v.name, v.version) = (changed.name, changed.version)) then return null; end if;
  entity := case when is_prompt(changed.name) then 'prompt_alias' else 'model_version_alias' end;
  if tg_op = 'DELETE' then
    perform tell_webhooks(entity || '.deleted', json_build_object('name', old.name, 'alias', old.alias));
  else
    perform tell_webhooks(entity || '.created', json_build_object('name', new.name, 'alias', new.alias, 'version', new.version::text));
  end if;
  return null;
end $$;
create constraint trigger model_aliases_told after insert or delete on model_aliases deferrable initially deferred
  for each row execute function tell_alias();
create constraint trigger model_aliases_told_again after update on model_aliases deferrable initially deferred
  for each row when (old.name = new.name) execute function tell_alias();

-- MLflow tells of a tag of a prompt; of a tag of a model it has no event.
create function tell_prompt_tag() returns trigger language plpgsql as $$
declare changed registered_model_tags := coalesce(new, old);
begin
  if nobody_listens() then return null; end if;
  if not is_prompt(changed.name) or not exists (select from registered_models m where m.name = changed.name and m.created_at < now()) then return null; end if;
  if tg_op = 'DELETE' then
    perform tell_webhooks('prompt_tag.deleted', json_build_object('name', old.name, 'key', old.key));
  else
    perform tell_webhooks('prompt_tag.set', json_build_object('name', new.name, 'key', new.key, 'value', new.value));
  end if;
  return null;
end $$;
create constraint trigger registered_model_tags_told after insert or delete on registered_model_tags deferrable initially deferred
  for each row execute function tell_prompt_tag();
create constraint trigger registered_model_tags_told_again after update on registered_model_tags deferrable initially deferred
  for each row when (old.name = new.name) execute function tell_prompt_tag();
