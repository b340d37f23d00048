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
 * and of sets that they chose from, or all where the model knows none of these and there is no shared catalogue.
 * @param user whose customer it is, by the name of the set, null for one of none; whether a set of the shared catalogue is here
 * @param chosen ids of movies
 * @returns undefined where the model knows nothing of what may be theirs
 */
export function offeredTo(
  { names, of }: Catalogues,
  { set, isShared }: { readonly set: string | null; readonly isShared: boolean },
  chosen: readonly string[] = [],
): ((movieId: string) => boolean) | undefined {
  if (set !== null) return names.has(set) ? (movieId) => of(movieId) === set : undefined;
  const theirs = new Set<string | null>([null, ...chosen.map(of)]);
  if ([...theirs].some((name) => names.has(name))) return (movieId) => theirs.has(of(movieId));
  return isShared ? undefined : () => true;
}

export interface OwnSets {
  /** The own set whose customer a user is: whose id begins with its name and a colon. */
  ofUser(userId: string | null): string | null;
  /** Whether a set of the catalogue that all others share is here too. */
  hasShared(): boolean;
  refresh(): Promise<void>;
}

/** Keeps in memory which own sets are here, and whether any other is. */
export function createOwnSets(db: Database): OwnSets {
  let names: ReadonlySet<string> = new Set();
  let isShared = false;
  return {
    ofUser(userId) {
      const name = userId?.split(':', 1)[0];
      return name !== undefined && name !== userId && names.has(name) ? name : null;
    },
    hasShared: () => isShared,
    async refresh() {
      const { rows } = await db.query<{ name: string; is_own: boolean }>(
        `select name, format is not distinct from 'own' as is_own from data_sets`,
      );
      names = new Set(rows.filter(({ is_own }) => is_own).map(({ name }) => name));
      isShared = rows.some(({ is_own }) => !is_own);
    },
  };
}
