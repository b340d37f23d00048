import pMap from 'p-map';
import { isOpen, type Run, type RunState } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';
import { getExecution, getRun } from './readRun.ts';
import { listOpenRuns, markRunning, settleRun } from './settleRun.ts';

/** A run as the workflow engine has it now. */
interface RunObservation {
  readonly state: RunState;
  readonly temporalRunId: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly result?: unknown;
  readonly error?: string;
}

/** Asks the workflow engine; `missing` when it knows no such run (any more). @param temporalRunId its execution; the latest of the id where it is null */
export type DescribeRun = (workflowId: string, temporalRunId: string | null) => Promise<RunObservation | 'missing'>;

/** A run is reserved here just before it starts there; one that is not there after this time never will be. */
const START_TIMEOUT_MS = 30_000;

/** Runs that the workflow engine is asked about side by side. */
export const RUNS_AT_ONCE = 8;

/**
 * Brings the ledger's row of a run up to what the engine knows, and returns it. A run that has ended is not asked about again.
 * @returns undefined when the ledger has no such run
 */
export async function syncRun(db: Database, describe: DescribeRun, runId: string): Promise<Run | undefined> {
  const known = await getExecution(db, runId);
  if (!known || !isOpen(known.run)) return known?.run;
  const { run, workflowId, temporalRunId: asKnown } = known;
  const observed = await describe(workflowId, asKnown);
  if (observed === 'missing') return settleMissing(db, run, asKnown);
  const { state, endedAt, ...rest } = observed;
  if (state !== 'queued' && state !== 'running') return settleRun(db, runId, { state, endedAt: endedAt ?? new Date(), ...rest }, asKnown);
  await markRunning(db, runId, rest, asKnown);
  return getRun(db, runId);
}

async function settleMissing(db: Database, run: Run, asKnown: string | null): Promise<Run | undefined> {
  const fail = (error: string) => settleRun(db, run.run_id, { state: 'failed', endedAt: new Date(), error }, asKnown);
  if (run.state === 'queued') {
    const isStarting = Date.now() - Date.parse(run.created_at) < START_TIMEOUT_MS;
    if (isStarting) return run;
    return fail('never started: what was to start it was stopped before it did');
  }
  return fail('Temporal no longer knows this run (its retention has passed), so how it ended is unknown');
}

/**
 * Brings every open run up to date, a few at a time.
 * @returns how many ended since the ledger last knew
 */
export async function reconcileOpenRuns(db: Database, describe: DescribeRun): Promise<number> {
  const hasEnded = async (runId: string) => {
    const run = await syncRun(db, describe, runId);
    return run !== undefined && !isOpen(run);
  };
  const ended = await pMap(await listOpenRuns(db), hasEnded, { concurrency: RUNS_AT_ONCE });
  return ended.filter(Boolean).length;
}
