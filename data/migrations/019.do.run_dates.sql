-- Runs by the time that they stand for, as Airflow's clients find them; no two that they start for one workflow have the same.

create index runs_of_date on runs (workflow, (coalesce(logical_date, created_at)));

-- Which part of the work a step does, where there are several: what is tried or done again is told as the same part.
alter table run_steps add column part text;
