import { WORKFLOW_TYPES, rowOf } from '../../../contracts/workflows.ts';
import type { Config } from '../../../platform/config.ts';
import { createTemporalClient } from '../../../platform/temporal/client.ts';
import { findUnpolledQueues } from '../../../platform/temporal/unpolledQueues.ts';

const QUEUES: ReadonlyMap<string, string> = new Map(
  WORKFLOW_TYPES.flatMap((workflow) => Object.entries(rowOf(workflow).steps)).map(([activity, { queue }]) => [activity, queue]),
);
const MOST_NAMED = 5;

/** Runs that wait on a task queue which nobody polls, in words: `ui-1 waits on the task queue kontrol, which nobody polls`. */
export async function lookAtQueues({ temporal }: Pick<Config, 'temporal'>): Promise<string[]> {
  const client = createTemporalClient(temporal);
  try {
    const found = await findUnpolledQueues(client, (activity) => QUEUES.get(activity));
    return found.map(({ queue, runs }) => {
      const named = runs.slice(0, MOST_NAMED).join(', ');
      const more = runs.length > MOST_NAMED ? ` and ${runs.length - MOST_NAMED} more` : '';
      return `${named}${more} ${runs.length === 1 ? 'waits' : 'wait'} on the task queue ${queue}, which nobody polls`;
    });
  } finally {
    await client.connection.close();
  }
}
