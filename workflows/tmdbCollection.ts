import { workflowInfo } from '@temporalio/workflow';
import type { TmdbActivities } from '../activities/tmdb.ts';
import {
  TMDB_ATTRIBUTION,
  TMDB_MAX_PAGE,
  tmdbCollectionInputSchema,
  type TmdbCollectionInput,
  type TmdbCollectionResult,
  type TmdbList,
} from '../contracts/tmdb.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { askInSteps } from './askInSteps.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { fetchTmdbGenres, fetchTmdbPages, loadTmdbList, fetchStaleTmdbDetails, writeTmdbPopular } = stepsOf(
  WORKFLOWS.tmdbCollection.steps,
).by<TmdbActivities>();

/** Some seconds of work at the pace that TMDB allows. */
const PAGES_A_STEP = 50;

/** Brings TMDB's lists, and the details of movies that need them, into the database, to show, and writes the popular ones for people to look at. */
export async function tmdbCollection(given: TmdbCollectionInput = {}): Promise<TmdbCollectionResult> {
  const { lists, pages, details, stale_days } = parseInput(tmdbCollectionInputSchema, given);
  const day = workflowInfo().startTime.toISOString().slice(0, 10);
  const genres = await fetchTmdbGenres({ day });
  const collected = await Promise.all(lists.map((list) => collectList(day, list, pages)));
  const popularPages = collected.find(({ list }) => list === 'popular')?.pages;
  const popular = popularPages === undefined ? null : await writeTmdbPopular({ day, pages: popularPages });
  const asked = await askInSteps(details, (limit) => fetchStaleTmdbDetails({ day, stale_days, limit }));
  return { source: 'tmdb', day, genres, lists: collected, details: asked, popular, attribution: TMDB_ATTRIBUTION };
}

async function collectList(day: string, list: TmdbList, wanted: number): Promise<TmdbCollectionResult['lists'][number]> {
  let last = Math.min(wanted, TMDB_MAX_PAGE);
  const fetched = { pages: 0, requested: 0 };
  for (let from = 1; from <= last; from += PAGES_A_STEP) {
    const chunk = await fetchTmdbPages({ day, list, from, to: Math.min(from + PAGES_A_STEP - 1, last) });
    last = Math.min(last, chunk.total_pages);
    fetched.pages += chunk.pages;
    fetched.requested += chunk.requested;
  }
  return { ...fetched, ...(await loadTmdbList({ day, list, pages: fetched.pages })) };
}
