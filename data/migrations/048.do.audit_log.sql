-- Who changed what. A request that may change something is written down before it is done (`asked`) and when it is answered (`answered`); what changes in the tables
-- below is written down by the database itself, in the transaction of the change (`changed`), so that no door can pass it by: a row is there exactly when the
-- change is.
create table audit_log (
  audit_id bigint generated always as identity primary key,
  happened_at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('asked', 'changed', 'answered')),
  request bigint, -- the row that asked; of that row its own number is meant; null of a change that no request made
  who text not null,
  key_id text, -- of an issued key
  role text,
  what text not null, -- such as PUT /api/v1/routes/:route, or update route_revisions
  target text not null,
  before jsonb,
  after jsonb,
  status integer, -- of the answer; null where the caller hung up before
  request_id text
);
create index audit_log_by_time on audit_log (happened_at);
create index audit_log_of_request on audit_log (request, audit_id);
create index audit_log_of_who on audit_log (who, audit_id desc);
create index audit_log_of_target on audit_log (target text_pattern_ops, audit_id desc);

-- Rows go by their age alone, where retention says in its transaction that it is at work.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and coalesce(current_setting('audit.retention', true), '') = 'on' then return null; end if;
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log for each statement execute function refuse_audit_change();

-- Changed fields of a row, or all of one that came or went; what is longer than some pages is left out, with how long it is.
create function audit_part(whole jsonb, beside jsonb) returns jsonb language sql immutable as $$
  with part as (select jsonb_object_agg(key, value) as value from jsonb_each(whole) where beside is null or beside -> key is distinct from value)
  select case when octet_length(value::text) > 16384 then jsonb_build_object('left_out_bytes', octet_length(value::text)) else value end from part
$$;

-- Arguments: the columns by which a row is named, comma separated; then those that are not told, each for itself.
create function write_audit_change() returns trigger language plpgsql as $$
declare
  was jsonb;
  became jsonb;
  named text;
  asking bigint := nullif(current_setting('audit.request', true), '')::bigint;
begin
  if tg_op <> 'INSERT' then was := to_jsonb(old) - tg_argv[1:]; end if;
  if tg_op <> 'DELETE' then became := to_jsonb(new) - tg_argv[1:]; end if;
  if was = became then return null; end if;
  select string_agg(coalesce(coalesce(became, was) ->> name, ''), '/' order by nth) into named
    from unnest(string_to_array(tg_argv[0], ',')) with ordinality as part (name, nth);
  insert into audit_log (kind, request, who, key_id, role, what, target, before, after, request_id)
  select 'changed', asking,
    coalesce(nullif(current_setting('audit.by', true), ''), nullif(current_setting('registry.changed_by', true), ''), current_user),
    a.key_id, a.role, lower(tg_op) || ' ' || tg_table_name, tg_table_name || '/' || named,
    audit_part(was, became), audit_part(became, was), a.request_id
  from (select) as once left join audit_log a on a.audit_id = asking;
  return null;
end $$;

-- The name of a key may be a user's, who may be erased one day; its id tells which it is.
create trigger api_keys_audited after insert or delete or update of role, requests_per_minute, expires_at, replaced_by, revoked_at on api_keys
  for each row execute function write_audit_change('key_id', 'digest', 'name', 'last_used_at');
create trigger route_revisions_audited after insert or update or delete on route_revisions
  for each row execute function write_audit_change('route,revision');
create trigger serving_rules_audited after insert or update or delete on serving_rules
  for each row execute function write_audit_change('rule_id');
create trigger registered_models_audited after insert or update or delete on registered_models
  for each row execute function write_audit_change('name', 'updated_at', 'next_version');
create trigger registered_model_tags_audited after insert or update or delete on registered_model_tags
  for each row execute function write_audit_change('name,key');
create trigger model_versions_audited after insert or update or delete on model_versions
  for each row execute function write_audit_change('name,version', 'updated_at');
create trigger model_version_tags_audited after insert or update or delete on model_version_tags
  for each row execute function write_audit_change('name,version,key');
create trigger model_aliases_audited after insert or update or delete on model_aliases
  for each row execute function write_audit_change('name,alias', 'updated_at');
create trigger experiments_audited after insert or update or delete on experiments
  for each row execute function write_audit_change('experiment_id', 'updated_at');
create trigger experiment_tags_audited after insert or update or delete on experiment_tags
  for each row execute function write_audit_change('experiment_id,key');
create trigger webhooks_audited after insert or update or delete on webhooks
  for each row execute function write_audit_change('webhook_id', 'secret', 'updated_at');
create trigger canary_rollouts_audited after insert or delete or update of state, paused, stage on canary_rollouts
  for each row execute function write_audit_change('rollout_id');
create trigger data_sets_audited after insert or update or delete on data_sets
  for each row execute function write_audit_change('name');
create trigger title_decisions_audited after insert or update or delete on title_decisions
  for each row execute function write_audit_change('source,external_id', 'decided_at');
-- Of movies what the API changes, not what imports bring.
create trigger movies_audited after insert or update on movies
  for each row when (current_setting('audit.request', true) <> '') execute function write_audit_change('movie_id', 'updated_at');
create trigger movie_pushes_audited after update of state on movie_pushes
  for each row execute function write_audit_change('push_id');
create trigger feature_registry_audited after insert on feature_registry
  for each row execute function write_audit_change('version', 'definitions');
create trigger dead_letter_marks_audited after insert or update or delete on dead_letter_marks
  for each row execute function write_audit_change('topic,part,position', 'decided_at');
