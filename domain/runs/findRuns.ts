import type { Run, RunState } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

/** The time that a run stands for: its schedule's, else when it was asked for. */
export const LOGICAL_DATE = 'coalesce(runs.logical_date, runs.created_at)';
const ORDERS = {
  created: 'runs.created_at',
  workflow: 'workflow',
  run_id: 'run_id',
  run_type: 'run_type',
  state: 'state',
  logical_date: LOGICAL_DATE,
  started: 'runs.started_at',
  ended: 'runs.ended_at',
} as const;
export type RunOrder = keyof typeof ORDERS;

/** Both ends count; times as `exactTime` gives them. */
const TIMES = {
  logicalFrom: `${LOGICAL_DATE} >=`,
  logicalTo: `${LOGICAL_DATE} <=`,
  startedFrom: 'runs.started_at >=',
  startedTo: 'runs.started_at <=',
  endedFrom: 'runs.ended_at >=',
  endedTo: 'runs.ended_at <=',
} as const;
export type RunTimes = Partial<Record<keyof typeof TIMES, string | undefined>>;

export interface RunQuery {
  readonly workflows: readonly string[];
  /** All of them when missing */
  readonly runIds?: readonly string[] | undefined;
  /** All of them when missing */
  readonly states?: readonly RunState[] | undefined;
  readonly times: RunTimes;
  readonly order: RunOrder;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Runs by number of page, for callers that know no cursors, with how many there are in all. */
export async function findRuns(db: Database, query: RunQuery): Promise<{ runs: Run[]; total: number }> {
  const { workflows, runIds = null, states = null, times, order, descending, limit, offset } = query;
  const bounds = Object.entries(times).filter(([, time]) => time !== undefined);
  const conditions = bounds.map(([name], index) => `and ${TIMES[name as keyof typeof TIMES]} $${index + 4}::timestamptz`).join(' ');
  const where = `where workflow = any($1) and ($2::text[] is null or state = any($2)) and ($3::text[] is null or run_id = any($3)) ${conditions}`;
  const values = [workflows, states, runIds, ...bounds.map(([, time]) => time)];
  const direction = descending ? 'desc' : 'asc';
  const page = `order by ${ORDERS[order]} ${direction} nulls last, run_id ${direction} limit ${limit} offset ${offset}`;
  const { rows } = await db.query<RunRow>(`select ${RUN_COLUMNS} from runs ${where} ${page}`, values);
  const counted = await db.query<{ total: number }>(`select count(*) as total from runs ${where}`, values);
  return { runs: rows.map(toRun), total: counted.rows[0]?.total ?? 0 };
}

export interface RunCount {
  readonly workflow: string;
  readonly state: RunState;
  readonly runs: number;
}

export async function countRuns(db: Database, workflows: readonly string[]): Promise<RunCount[]> {
  const sql = 'select workflow, state, count(*) as runs from runs where workflow = any($1) group by workflow, state';
  return (await db.query<RunCount>(sql, [workflows])).rows;
}
