import type { Client } from '@temporalio/client';
import { withTemporalDeadline } from './client.ts';

const TASKS = { workflow: 1, activity: 2 } as const;

export interface TaskQueueLook {
  /** Tasks that wait, nearly */
  readonly backlog: number;
  /** Of the oldest of them */
  readonly ageSeconds: number;
  /** Workers that took from it within the last minutes */
  readonly pollers: number;
}

/** What waits on a task queue, and who takes from it. A server from before it tells that says that nothing waits. */
export async function lookAtTaskQueue(client: Client, name: string, kind: keyof typeof TASKS): Promise<TaskQueueLook> {
  const { namespace } = client.options;
  const request = { namespace, taskQueue: { name }, taskQueueType: TASKS[kind], reportStats: true };
  const { pollers, stats } = await withTemporalDeadline(client, () => client.workflowService.describeTaskQueue(request));
  const { seconds, nanos } = stats?.approximateBacklogAge ?? {};
  return {
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    ageSeconds: Number(seconds ?? 0) + (nanos ?? 0) / 1e9,
    pollers: pollers?.length ?? 0,
  };
}
