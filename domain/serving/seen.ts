import { LRUCache } from 'lru-cache';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';

export interface SeenMovies {
  readonly movies: ReadonlySet<string>;
  /** `unavailable`: the database is away and this user was not asked about lately. */
  readonly from: 'database' | 'memory' | 'unavailable';
}

const NOTHING: ReadonlySet<string> = new Set();
/** Movie ids kept over all users; some 60 bytes each. */
const REMEMBERED_MOVIES = 1_000_000;
/** While the database is away, one request in this time finds out whether it is back; the others don't wait for it. */
const LOOK_AGAIN_MS = 1_000;

/** Both halves are read from an index alone. */
export const SEEN_MOVIES_SQL = `
  select array(
    select movie_id::text from ratings where user_id = $1
    union
    select movie_id::text from interactions where user_id = $1
  ) as movies`;

/** Reads what a user has rated or interacted with, anew for each request; from memory while the database is away. */
export function createSeenReader({ db, log }: { db: Database; log: Logger }): (userId: string) => Promise<SeenMovies> {
  const remembered = new LRUCache<string, ReadonlySet<string>>({
    maxSize: REMEMBERED_MOVIES,
    sizeCalculation: (movies) => movies.size + 1,
  });
  let askAgainAt = 0;

  return async (userId) => {
    if (Date.now() >= askAgainAt) {
      try {
        const { rows } = await db.query<{ movies: string[] }>(SEEN_MOVIES_SQL, [userId]);
        const movies = new Set(rows[0]!.movies);
        remembered.set(userId, movies);
        return { movies, from: 'database' };
      } catch (error) {
        if (Date.now() >= askAgainAt) log.warn({ err: error }, 'cannot read what users have seen; using what is remembered');
        askAgainAt = Date.now() + LOOK_AGAIN_MS;
      }
    }
    const movies = remembered.get(userId);
    return movies ? { movies, from: 'memory' } : { movies: NOTHING, from: 'unavailable' };
  };
}
