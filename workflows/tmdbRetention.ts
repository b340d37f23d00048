import { workflowInfo } from '@temporalio/workflow';
import type { TmdbActivities } from '../activities/tmdb.ts';
import {
  tmdbRetentionInputSchema,
  type AskedDetails,
  type Erased,
  type TmdbRetentionInput,
  type TmdbRetentionResult,
} from '../contracts/tmdb.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { askInSteps } from './askInSteps.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { refreshExpiringTmdb, eraseExpiredTmdb } = stepsOf(WORKFLOWS.tmdbRetention.steps).by<TmdbActivities>();

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
