-- Temporal lets an id run again once it has ended, and a reset makes it so. Each of these runs has a row: the latest under its id, an earlier one under
-- `<id>@<execution>`.

alter table runs
  add column earlier_of text, -- the id that an earlier run ran under; null for the one that stands at its id
  add column first_run_id text, -- the first of the executions that went on as new ones; null where that is temporal_run_id
  add column set_back boolean not null default false; -- we are about to reset it: the execution that comes goes on with this run

create index runs_earlier on runs (earlier_of, temporal_run_id) where earlier_of is not null;

alter table run_steps
  drop constraint run_steps_run_id_fkey,
  add constraint run_steps_run_id_fkey foreign key (run_id) references runs on delete cascade on update cascade;
