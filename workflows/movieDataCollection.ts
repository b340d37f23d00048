import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { CollectionActivities } from '../activities/collection.ts';
import type { DataImportActivities } from '../activities/dataImport.ts';
import type { TmdbActivities } from '../activities/tmdb.ts';
import { collectionInputSchema, type CollectionInput, type CollectionResult } from '../contracts/collection.ts';
import type { TmdbCollectionResult } from '../contracts/tmdb.ts';
import { featuresRunId, tmdbRunId, WORKFLOWS } from '../contracts/workflows.ts';
import { featureMaterialization } from './featureMaterialization.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { publishChecked } from './publishChecked.ts';
import { tmdbCollection } from './tmdbCollection.ts';

const { steps } = WORKFLOWS.movieDataCollection;
const { writePopularMovies, writeWatchLog, openCollectedSet, hasTmdbKey } = stepsOf(steps).by<
  CollectionActivities & DataImportActivities & TmdbActivities
>();

/**
 * Brings a source's movies and ratings into the catalogue, checked and whole, and writes the files that people and the guide look at. Then the
 * features follow, and TMDB is asked what it says of the movies, where there is a key; neither waits for the other, and one that fails is told last.
 */
export async function movieDataCollection(given: CollectionInput): Promise<CollectionResult> {
  const input = parseInput(collectionInputSchema, given);
  const { source, path } = input;
  const { published, quality } = await publishChecked(() => openCollectedSet(path === undefined ? {} : { path }));
  const popular = await writePopularMovies(input);
  const watchLog = await writeWatchLog();
  const [features, tmdb] = await allOrFailure([bringFeaturesUpToDate(), askTmdb()]);
  return { source, movies: published.movies, ratings: published.ratings, quality, popular, watch_log: watchLog, features, tmdb };
}

const bringFeaturesUpToDate = () =>
  executeChild(featureMaterialization, { workflowId: featuresRunId(workflowInfo().workflowId), args: [{}] });

async function askTmdb(): Promise<TmdbCollectionResult | null> {
  if (!(await hasTmdbKey())) return null;
  return executeChild(tmdbCollection, { workflowId: tmdbRunId(workflowInfo().workflowId), args: [{}] });
}

/** Waits for all, also where one fails: a child that goes on would be ended with its parent. */
async function allOrFailure<A, B>([first, second]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
