import type { Run } from '../../contracts/runs.ts';

/** A row of `runs`, as pg gives it. */
export interface RunRow extends Omit<Run, 'created_at' | 'started_at' | 'ended_at' | 'logical_date'> {
  logical_date: Date | null;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

export const RUN_COLUMNS =
  'run_id, workflow, state, input, result, error, started_by, run_type, logical_date, note, created_at, started_at, ended_at';

/** Takes the columns of a run alone, whatever else was selected beside them. */
export const toRun = (row: RunRow): Run => ({
  run_id: row.run_id,
  workflow: row.workflow,
  state: row.state,
  input: row.input ?? {},
  result: row.result,
  error: row.error,
  started_by: row.started_by,
  run_type: row.run_type,
  logical_date: row.logical_date?.toISOString() ?? null,
  note: row.note,
  created_at: row.created_at.toISOString(),
  started_at: row.started_at?.toISOString() ?? null,
  ended_at: row.ended_at?.toISOString() ?? null,
});
