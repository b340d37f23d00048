-- Tells whoever listens to the channel `changes` which tables have changed: the console's stream asks again for what stands on them. A name is told once for
-- each transaction, however many of its rows change, and nobody has to listen. What changes many rows in one go (ratings, events, log lines) is not told.
create function tell_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('changes', tg_table_name);
  return null;
end $$;
create trigger runs_told after insert or update or delete on runs for each row execute function tell_change();
create trigger run_steps_told after insert or update on run_steps for each row execute function tell_change();
create trigger quality_reports_told after insert or update on quality_reports for each row execute function tell_change();
create trigger feature_materializations_told after insert or update on feature_materializations for each row execute function tell_change();
create trigger drift_reports_told after insert on drift_reports for each row execute function tell_change();
create trigger drift_episodes_told after insert or update on drift_episodes for each row execute function tell_change();
create trigger drift_decisions_told after insert or update on drift_decisions for each row execute function tell_change();
create trigger drift_alerts_told after insert or update on drift_alerts for each row execute function tell_change();
create trigger movie_pushes_told after insert or update or delete on movie_pushes for each row execute function tell_change();
create trigger canary_stages_told after insert or update on canary_stages for each row execute function tell_change();
create trigger scaling_alerts_told after insert or update on scaling_alerts for each row execute function tell_change();

-- What somebody sets stands in the audit log already, with what is kept by another engine.
create function tell_audited() returns trigger language plpgsql as $$
begin
  perform pg_notify('changes', 'audit_log');
  if new.kind = 'changed' then perform pg_notify('changes', split_part(new.target, '/', 1)); end if;
  return null;
end $$;
create trigger audit_log_told after insert on audit_log for each row execute function tell_audited();
