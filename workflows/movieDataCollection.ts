import { patched, proxyActivities } from '@temporalio/workflow';
import type { CollectionActivities } from '../activities/collection.ts';
import type { DataImportActivities } from '../activities/dataImport.ts';
import { collectionInputSchema, type CollectionInput, type CollectionResult } from '../contracts/collection.ts';
import { TASK_QUEUES } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { publishChecked, RETRY } from './publishChecked.ts';

const { loadMovies, loadRatings, writePopularMovies, writeWatchLog, openCollectedSet } = proxyActivities<
  CollectionActivities & DataImportActivities
>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 seconds',
  retry: RETRY,
});

/** Brings a source's movies and ratings into the catalogue, checked and whole, then writes the files that people and the guide look at. */
export async function movieDataCollection(given: CollectionInput): Promise<CollectionResult> {
  const input = parseInput(collectionInputSchema, given);
  const collected = patched('checked-before-published') ? await collectChecked(input) : await collectUnchecked(input);
  const popular = await writePopularMovies(input);
  const watchLog = await writeWatchLog();
  // What else a collection brings, and what is made of all of it, goes here: each a child workflow.
  return { source: input.source, ...collected, popular, watch_log: watchLog };
}

async function collectChecked({ path }: CollectionInput) {
  const { published, quality } = await publishChecked(() => openCollectedSet(path === undefined ? {} : { path }));
  return { movies: published.movies, ratings: published.ratings, quality };
}

/** As release 0.1.0 did it, for runs that began under it. */
async function collectUnchecked(input: CollectionInput) {
  const movies = await loadMovies(input);
  const ratings = await loadRatings(input);
  return { movies, ratings };
}
