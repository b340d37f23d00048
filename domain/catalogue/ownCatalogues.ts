import type { Database } from '../../platform/postgres.ts';
import { isOwnId } from './ownRefs.ts';

/** Which catalogue each of some movies is of: that of an own set, by its name, or null for the one that all others share. */
export interface Catalogues {
  readonly names: ReadonlySet<string | null>;
  /** Null for a movie that is none of them. */
  readonly of: (movieId: string) => string | null;
}

export const SHARED_ALONE: Catalogues = { names: new Set([null]), of: () => null };

export async function readCatalogues(db: Database, movieIds: readonly string[]): Promise<Catalogues> {
  const own = movieIds.filter(isOwnId);
  if (own.length === 0) return SHARED_ALONE;
  const { rows } = await db.query<{ movie_id: string; source: string }>(
    'select movie_id::text, source from own_movie_ids where movie_id = any($1::int[])',
    [own],
  );
  const sources = new Map(rows.map(({ movie_id, source }) => [movie_id, source]));
  const of = (movieId: string) => sources.get(movieId) ?? null;
  return { names: new Set(movieIds.map(of)), of };
}

/**
 * Which of a model's movies may be recommended to somebody: to a customer of an own set that set's alone; to anyone else those of the shared catalogue
 * and of sets that they chose from, or all where the model knows none of these.
 * @param set whose customer it is, null for one of none
 * @param chosen ids of movies
 * @returns undefined where the model knows nothing of the set
 */
export function offeredTo(
  { names, of }: Catalogues,
  set: string | null,
  chosen: readonly string[] = [],
): ((movieId: string) => boolean) | undefined {
  if (set !== null) return names.has(set) ? (movieId) => of(movieId) === set : undefined;
  const theirs = new Set<string | null>([null, ...chosen.map(of)]);
  return [...theirs].some((name) => names.has(name)) ? (movieId) => theirs.has(of(movieId)) : () => true;
}

export interface OwnSets {
  /** The own set whose customer a user is: whose id begins with its name and a colon. */
  ofUser(userId: string | null): string | null;
  refresh(): Promise<void>;
}

/** Keeps the names of the own sets that are here in memory. */
export function createOwnSets(db: Database): OwnSets {
  let names: ReadonlySet<string> = new Set();
  return {
    ofUser(userId) {
      const name = userId?.split(':', 1)[0];
      return name !== undefined && name !== userId && names.has(name) ? name : null;
    },
    async refresh() {
      const { rows } = await db.query<{ name: string }>(`select name from data_sets where format = 'own'`);
      names = new Set(rows.map(({ name }) => name));
    },
  };
}
