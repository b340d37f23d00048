import type { Run } from '../../contracts/runs.ts';

/** A row of `runs` as RUN_COLUMNS select it. */
export type RunRow = Run;

/** As text, since a `Date` drops the microseconds that two runs may differ by, and that callers filter by. */
const exact = (column: string) => `to_char(runs.${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${column}`;
const TIMES = ['logical_date', 'created_at', 'started_at', 'ended_at'] as const;

/** Of a table or query that is called `runs`. Times are text then, so whoever sorts by one names it `runs.created_at`. */
export const RUN_COLUMNS = `run_id, workflow, state, input, result, error, started_by, run_type, note, ${TIMES.map(exact).join(', ')}`;

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
  logical_date: row.logical_date && briefTime(row.logical_date),
  note: row.note,
  created_at: briefTime(row.created_at),
  started_at: row.started_at && briefTime(row.started_at),
  ended_at: row.ended_at && briefTime(row.ended_at),
});

/** Without microseconds where there are none. */
const briefTime = (time: string): string => time.replace(/000Z$/, 'Z');
