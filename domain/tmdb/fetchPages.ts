import type { FetchedPages, PageRange, TmdbList } from '../../contracts/tmdb.ts';
import { pageSchema } from './answers.ts';
import type { TmdbClient } from './client.ts';
import { pageFile, type RawAnswers } from './rawAnswers.ts';
import { allOrStop } from './allOrStop.ts';

export interface TmdbSource {
  readonly client: TmdbClient;
  readonly raw: RawAnswers;
}

const PATHS: Record<TmdbList, { path: string; query: Record<string, string> }> = {
  popular: { path: '/movie/popular', query: {} },
  top_rated: { path: '/movie/top_rated', query: {} },
  now_playing: { path: '/movie/now_playing', query: {} },
  discover: { path: '/discover/movie', query: { sort_by: 'vote_count.desc', include_adult: 'false', include_video: 'false' } },
};

/**
 * Brings pages of a list to disk. A page of that day that is there is not asked for again; pages that the list does not have are left out.
 * @param onPage called with the pages on disk so far and the pages wanted
 */
export async function fetchPages(
  source: TmdbSource,
  { day, list, from, to }: PageRange,
  { signal, onPage }: { signal: AbortSignal; onPage: (page: number, pages: number) => void },
): Promise<FetchedPages> {
  const first = await fetchPage(source, day, list, from, signal);
  const last = Math.min(to, first.totalPages);
  let pages = Math.min(1, last - from + 1);
  let requested = first.isStored ? 0 : 1;
  const rest = Array.from({ length: Math.max(0, last - from) }, (_, index) => from + 1 + index);
  await allOrStop(rest, signal, async (page, either) => {
    const { isStored } = await fetchPage(source, day, list, page, either);
    if (!isStored) requested += 1;
    onPage((pages += 1), last - from + 1);
  });
  return { pages: Math.max(0, pages), requested, total_pages: first.totalPages };
}

async function fetchPage({ client, raw }: TmdbSource, day: string, list: TmdbList, page: number, signal: AbortSignal) {
  const schema = pageSchema.refine((answer) => answer.page === page, `not page ${page}`);
  const stored = await raw.read(day, pageFile(list, page), schema);
  if (stored) return { isStored: true, totalPages: stored.answer.total_pages };
  const { path, query } = PATHS[list];
  const answer = await client.get(path, { ...query, page: String(page) }, schema, signal);
  await raw.write(day, pageFile(list, page), answer);
  return { isStored: false, totalPages: answer.total_pages };
}
