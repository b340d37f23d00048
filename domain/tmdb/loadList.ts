import { permanent } from '../../contracts/failures.ts';
import type { LoadedList, TmdbList } from '../../contracts/tmdb.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { writeRejects } from '../catalogue/rejects.ts';
import type { Reject } from '../catalogue/source.ts';
import { issuesOf, listedMovieSchema, pageSchema, type ListedMovie } from './answers.ts';
import { pageFile, type RawAnswers } from './rawAnswers.ts';
import { giveCatalogueIds, lockTmdbTitles, writeTmdbMovies } from './writeMovies.ts';

/** What the pages of a list say, each movie once, at its first place. */
interface ListedMovies {
  readonly read: number;
  readonly duplicates: number;
  readonly movies: readonly (ListedMovie & { fetched_at: string })[];
  readonly rejects: readonly Reject[];
}

/**
 * Brings a list's pages from disk into the database: the movies' text, and a catalogue id for each that the catalogue does not know. Done twice it
 * changes nothing more. Rows that cannot be read are set aside beside the raw answers, since they are TMDB's too.
 */
export async function loadList(
  { pool, raw }: { pool: Pool; raw: RawAnswers },
  { day, list, pages }: { day: string; list: TmdbList; pages: number },
): Promise<LoadedList> {
  const { read, duplicates, movies, rejects } = await readListed(raw, day, list, pages);
  const { written, added } = await withTransaction(pool, async (connection) => {
    await lockTmdbTitles(connection);
    const rows = await writeTmdbMovies(connection, movies);
    const ids = movies.map(({ id }) => id);
    return { written: rows, added: await giveCatalogueIds(connection, ids) };
  });
  const rejectsPath = await writeRejects(`${raw.folderOf(day)}/rejects/${list}.csv`, 'movies.readable', rejects);
  return { list, read, written, added, duplicates, rejected: rejects.length, rejects_path: rejectsPath };
}

export async function readListed(raw: RawAnswers, day: string, list: TmdbList, pages: number): Promise<ListedMovies> {
  const movies = new Map<number, ListedMovie & { fetched_at: string }>();
  const rejects: Reject[] = [];
  let read = 0;
  let duplicates = 0;
  for (let page = 1; page <= pages; page += 1) {
    const stored = await raw.read(day, pageFile(list, page), pageSchema);
    if (!stored) throw permanent('SourceCorrupt', `page ${page} of ${list} is gone from ${raw.folderOf(day)}`);
    for (const row of stored.answer.results) {
      read += 1;
      const parsed = listedMovieSchema.safeParse(row);
      if (!parsed.success) rejects.push({ line: read, reason: `page ${page}: ${issuesOf(parsed.error)}`, raw: JSON.stringify(row) });
      else if (movies.has(parsed.data.id)) duplicates += 1;
      else movies.set(parsed.data.id, { ...parsed.data, fetched_at: stored.fetchedAt });
    }
  }
  return { read, duplicates, movies: [...movies.values()], rejects };
}
