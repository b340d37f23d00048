import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { oneLine } from '../oneLine.ts';

/** What open runs of a workflow come to under other code. */
export interface ReplayedType {
  readonly workflow: string;
  readonly open: number;
  /** So many were replayed to where they are; the oldest, where there are more */
  readonly replayed: number;
  /** Runs that would stand still: the id, and why */
  readonly failed: readonly { readonly workflow_id: string; readonly reason: string }[];
}

/** Waiting for hundreds of runs of one kind would tell no more. */
const REPLAYED_AT_MOST = 50;

/**
 * Replays the history of every open run with the workflows of a bundle, as a worker would that takes them over.
 * @param codePath the bundle
 */
export async function replayOpenRuns(client: Client, codePath: string): Promise<ReplayedType[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) }); // what fails is told once, below
  const open = new Map<string, WorkflowExecutionInfo[]>();
  for await (const run of client.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    open.set(run.type, [...(open.get(run.type) ?? []), run]);
  }
  const found: ReplayedType[] = [];
  for (const [workflow, runs] of [...open].toSorted(([one], [other]) => one.localeCompare(other))) {
    const chosen = runs.toSorted((one, other) => one.startTime.getTime() - other.startTime.getTime()).slice(0, REPLAYED_AT_MOST);
    const failed = [];
    for (const { workflowId, runId } of chosen) {
      const reason = await replay(client, { workflowId, runId, codePath });
      if (reason !== undefined) failed.push({ workflow_id: workflowId, reason });
    }
    found.push({ workflow, open: runs.length, replayed: chosen.length, failed });
  }
  return found;
}

/** @returns why it could not be replayed */
async function replay(client: Client, { workflowId, runId, codePath }: { workflowId: string; runId: string; codePath: string }) {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  try {
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
    return undefined;
  } catch (error) {
    return oneLine(error);
  }
}
