-- Log lines are removed by their age, and the oldest is shown.
create index run_step_logs_by_time on run_step_logs (logged_at);
