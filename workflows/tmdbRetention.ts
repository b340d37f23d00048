import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { TmdbActivities } from '../activities/tmdb.ts';
import {
  tmdbRetentionInputSchema,
  type AskedDetails,
  type Erased,
  type TmdbRetentionInput,
  type TmdbRetentionResult,
} from '../contracts/tmdb.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { askInSteps } from './askInSteps.ts';
import { parseInput } from './parseInput.ts';

const { refreshExpiringTmdb, eraseExpiredTmdb } = proxyActivities<TmdbActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
});

/** Asks again for what TMDB said nearly six months ago, then erases what is still older than its terms allow, also where TMDB could not be asked. */
export async function tmdbRetention(given: TmdbRetentionInput = {}): Promise<TmdbRetentionResult> {
  parseInput(tmdbRetentionInputSchema, given);
  const day = workflowInfo().startTime.toISOString().slice(0, 10);
  let refreshed: AskedDetails;
  let erased: Erased;
  try {
    refreshed = await askInSteps(Infinity, (limit) => refreshExpiringTmdb({ day, limit }));
  } finally {
    erased = await eraseExpiredTmdb();
  }
  return { refreshed, erased };
}
