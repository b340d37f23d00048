-- What operators want shown, or not, on every route; a rule that was taken away stays, as its history.
create table serving_rules (
  rule_id bigint generated always as identity primary key,
  action text not null check (action in ('hide', 'block', 'pin', 'boost')),
  matches json not null, -- which movies
  position integer, -- of a pin
  strength double precision, -- of a boost
  until timestamptz, -- null: until it is removed
  reason text not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  removed_at timestamptz,
  removed_by text,
  removed_reason text
);
create index serving_rules_in_force on serving_rules (rule_id) where removed_at is null;

create trigger serving_rules_changed after insert or update on serving_rules for each statement execute function notify_catalogue_changed();
-- The model server keeps genres and years in memory.
create trigger movies_changed after insert or update or delete on movies for each statement execute function notify_catalogue_changed();

alter table served_answers add column ordering json; -- what of filters, rules and knobs made the order; null where nothing did
