import type { RunState } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';

export interface RunCount {
  readonly workflow: string;
  readonly state: RunState;
  readonly count: number;
  /** Of those that ended */
  readonly latest_end: Date | null;
}

/** How many runs of each workflow the ledger has, by how they stand. */
export async function countRuns(db: Database): Promise<RunCount[]> {
  const { rows } = await db.query<RunCount>(
    'select workflow, state, count(*)::integer as count, max(ended_at) as latest_end from runs group by workflow, state order by workflow, state',
  );
  return rows;
}
