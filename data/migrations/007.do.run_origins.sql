-- Where a run came from: a person, a schedule or a backfill, and for which time.

alter table runs
  add column run_type text not null default 'manual' check (run_type in ('manual', 'scheduled', 'backfill')),
  add column schedule_id text,
  add column logical_date timestamptz, -- the time that a schedule or a backfill started it for
  add column note text,
  alter column input drop default, -- null until it is learnt from Temporal, for runs that nobody reserved
  alter column input drop not null;

create index runs_of_backfill on runs (started_by) where run_type = 'backfill';
