import { proxyActivities } from '@temporalio/workflow';
import type { CollectionActivities } from '../activities/collection.ts';
import { collectionInputSchema, type CollectionInput, type CollectionResult } from '../contracts/collection.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';

const { loadMovies, loadRatings, writePopularMovies, writeWatchLog } = proxyActivities<CollectionActivities>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
});

/** Brings a source's movies and ratings into the catalogue, then writes the files that people and the guide look at. */
export async function movieDataCollection(given: CollectionInput): Promise<CollectionResult> {
  const input = parseInput(collectionInputSchema, given);
  const movies = await loadMovies(input);
  const ratings = await loadRatings(input);
  const popular = await writePopularMovies(input);
  const watchLog = await writeWatchLog();
  return { source: input.source, movies, ratings, popular, watch_log: watchLog };
}
