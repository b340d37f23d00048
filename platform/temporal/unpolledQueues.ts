import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { isTemporalMissing } from './client.ts';

/** A task queue that nobody polls, and the runs that go on only once somebody does. */
export interface UnpolledQueue {
  readonly queue: string;
  readonly runs: readonly string[];
}

/** Of the latest; a look at more would be slow. */
const MOST_RUNS = 100;
/** Whoever looks at a machine on which Temporal stands still is not to wait for it. */
const LOOK_MS = 3_000;
/** A poll lasts a minute; Temporal remembers for five who made one. */
const POLLED_WITHIN_MS = 90_000;
const TASKS = { workflow: 1, activity: 2 } as const;
/** Of an activity that no worker has taken yet. */
const SCHEDULED = 1;

type QueueOf = (activity: string) => string | undefined;

/** Task queues that runs wait on and that nobody polls. @param queueOf the queue of an activity, which Temporal does not tell */
export const findUnpolledQueues = (client: Client, queueOf: QueueOf): Promise<UnpolledQueue[]> =>
  client.connection.withDeadline(Date.now() + LOOK_MS, async () => {
    const waiting = { workflow: new Map<string, string[]>(), activity: new Map<string, string[]>() };
    let seen = 0;
    for await (const { workflowId, runId, taskQueue } of client.workflow.list({
      query: `ExecutionStatus = 'Running'`,
      pageSize: MOST_RUNS,
    })) {
      add(waiting.workflow, taskQueue, workflowId);
      for (const queue of await activityQueues(client, workflowId, runId, queueOf)) add(waiting.activity, queue, workflowId);
      if ((seen += 1) === MOST_RUNS) break;
    }
    const found = await Promise.all((['workflow', 'activity'] as const).map((kind) => keepUnpolled(client, waiting[kind], TASKS[kind])));
    return found.flat();
  });

function add(waiting: Map<string, string[]>, queue: string, workflowId: string): void {
  waiting.set(queue, [...(waiting.get(queue) ?? []), workflowId]);
}

/** Queues of the activities of a run that nobody has taken. */
async function activityQueues(client: Client, workflowId: string, runId: string, queueOf: QueueOf): Promise<Set<string>> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    const untaken = (raw.pendingActivities ?? []).filter(({ state }) => Number(state) === SCHEDULED);
    return new Set(untaken.flatMap(({ activityType }) => queueOf(activityType?.name ?? '') ?? []));
  } catch (error) {
    if (isTemporalMissing(error) || isTemporalMissing((error as Error).cause)) return new Set(); // it has ended meanwhile
    throw error;
  }
}

/** When somebody last polled the queue who may poll it still; undefined where nobody does. @param by who, in the beginning of the name that they poll under */
export async function lastPolled(
  client: Client,
  queue: string,
  taskQueueType: number = TASKS.activity,
  by = '',
): Promise<Date | undefined> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType });
  const theirs = (pollers ?? []).filter(({ identity }) => identity?.startsWith(by));
  const latest = Math.max(0, ...theirs.flatMap(({ lastAccessTime }) => (lastAccessTime ? [tsToMs(lastAccessTime)] : [])));
  return latest > Date.now() - POLLED_WITHIN_MS ? new Date(latest) : undefined;
}

async function keepUnpolled(client: Client, waiting: ReadonlyMap<string, string[]>, taskQueueType: number): Promise<UnpolledQueue[]> {
  const looks = [...waiting].map(async ([queue, runs]) => {
    return (await lastPolled(client, queue, taskQueueType)) === undefined ? [{ queue, runs }] : [];
  });
  return (await Promise.all(looks)).flat();
}
