import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { runOf } from '../../contracts/workflows.ts';
import { isTemporalMissing } from './client.ts';
import { readStart } from './readStart.ts';

interface Execution {
  readonly workflow: string;
  readonly workflowId: string;
  readonly temporalRunId: string;
}

interface FoundRun {
  readonly runId: string;
  readonly workflow: string;
  readonly subject: string | null;
  /** The run's own, also for a part */
  readonly execution: { readonly temporalRunId: string; readonly firstRunId: string; readonly isReset: boolean };
}

export type FindRun = (client: Client, execution: Execution) => Promise<FoundRun>;

/** So many executions are remembered: more than go on at once. */
const REMEMBERED = 1_000;

/** Finds the run that an execution belongs to, as Temporal has it: its own, or that of the parent whose part it is. Temporal is asked once for each. */
export function createRunFinder(): FindRun {
  const found = new LRUCache<string, FoundRun>({ max: REMEMBERED });
  return async (client, execution) => {
    const known = found.get(execution.temporalRunId);
    if (known) return known;
    const run = await find(client, execution);
    found.set(execution.temporalRunId, run);
    return run;
  };
}

async function find(client: Client, { workflow, workflowId, temporalRunId }: Execution): Promise<FoundRun> {
  const own = async () => ({
    runId: workflowId,
    workflow,
    subject: null,
    execution: await readExecution(client, workflowId, temporalRunId),
  });
  const { workflowId: parentId = null, runId: parentRunId } = (await describe(client, workflowId, temporalRunId))?.parentExecution ?? {};
  const { runId, subject } = runOf(workflowId, parentId);
  if (subject === null) return own();
  const root = await describe(client, runId, parentRunId);
  return root ? { runId, workflow: root.type, subject, execution: await readExecution(client, runId, root.runId) } : own();
}

async function readExecution(client: Client, workflowId: string, temporalRunId: string): Promise<FoundRun['execution']> {
  const start = await unlessMissing(() => readStart(client, workflowId, temporalRunId));
  return { temporalRunId, firstRunId: start?.firstRunId ?? temporalRunId, isReset: start?.isReset ?? false };
}

const describe = (client: Client, workflowId: string, runId: string | null | undefined) =>
  unlessMissing(() => client.workflow.getHandle(workflowId, runId ?? undefined).describe());

/** @returns undefined for one that was deleted */
async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isTemporalMissing(error)) return undefined;
    throw error;
  }
}
