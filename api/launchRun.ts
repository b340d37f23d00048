import { randomBytes } from 'node:crypto';
import { conflict } from '../contracts/failures.ts';
import type { Run, RunDetail } from '../contracts/runs.ts';
import { runId, TASK_QUEUES, type StartableWorkflow } from '../contracts/workflows.ts';
import { releaseRun, reserveRun, type Reservation } from '../domain/runs/reserveRun.ts';
import type { Pool } from '../platform/postgres.ts';
import type { TemporalRuns } from '../platform/temporal/runs.ts';

export interface StartRequest {
  readonly workflow: StartableWorkflow | 'scheduleBackfill';
  /** The run's own part of its id; made from the time when missing */
  readonly run?: string | undefined;
  readonly input: unknown;
  readonly startedBy: string;
  readonly note?: string | undefined;
}

/**
 * Starts a workflow under an id that neither the ledger nor Temporal knows. Its row comes first, so that no run goes on unseen; a row whose
 * run does not start is taken back.
 * @param reserve how the row is made, where it takes more than an id that is free
 * @throws Failure `conflict` when the id is taken
 */
export async function launchRun(
  { pool, runs }: { pool: Pool; runs: TemporalRuns },
  request: StartRequest,
  reserve: (reservation: Reservation) => Promise<Run> = (reservation) => reserveRun(pool, reservation),
): Promise<RunDetail> {
  const { workflow, run = newRunName(new Date()), input, ...rest } = request;
  const id = runId(workflow, run);
  const reserved = await reserve({ ...rest, runId: id, workflow, input });
  try {
    const outcome = await runs.start(workflow, id, { taskQueue: TASK_QUEUES.control, input, startedBy: rest.startedBy });
    if (outcome === 'exists') throw conflict(`Temporal knows a run ${id} already; choose another name`);
  } catch (error) {
    await releaseRun(pool, id);
    throw error;
  }
  return { ...reserved, steps: [], now: [] };
}

/** `20261123T225539-1f3a`: sorts by time, and two in one second differ. */
export const newRunName = (time: Date) => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}-${randomBytes(2).toString('hex')}`;
