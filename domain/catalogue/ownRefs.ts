import { LRUCache } from 'lru-cache';
import type { Database } from '../../platform/postgres.ts';

/** Above every other range (migration 020). */
const FIRST_OWN_ID = 1_000_000_000;
export const isOwnId = (movieId: string): boolean => Number(movieId) >= FIRST_OWN_ID;
/** Some 150 bytes each. */
const REMEMBERED = 200_000;
/** While the database is away, nobody waits for it more than once in this time. */
const LOOK_AGAIN_MS = 1_000;

/** Names of own movies, `source:external_id`, by their catalogue ids, for an answer that shows them. */
export type OwnRefs = (movieIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Reads them by the ids alone that own movies have, each once: an id is given once and kept. While the database is away those that are not remembered
 * are left out.
 */
export function createOwnRefs(db: Database): OwnRefs {
  const remembered = new LRUCache<string, string>({ max: REMEMBERED });
  let askAgainAt = 0;
  return async (movieIds) => {
    const own = movieIds.filter(isOwnId);
    const unknown = own.filter((id) => !remembered.has(id));
    if (unknown.length > 0 && Date.now() >= askAgainAt) {
      try {
        for (const [id, ref] of await readOwnRefs(db, unknown)) remembered.set(id, ref);
      } catch {
        askAgainAt = Date.now() + LOOK_AGAIN_MS;
      }
    }
    return new Map(own.flatMap((id) => (remembered.has(id) ? [[id, remembered.get(id)!] as const] : [])));
  };
}

export async function readOwnRefs(db: Database, movieIds: readonly string[]): Promise<[string, string][]> {
  const { rows } = await db.query<{ movie_id: string; own_id: string }>(
    `select movie_id::text, source || ':' || external_id as own_id from own_movie_ids where movie_id = any($1::int[])`,
    [movieIds],
  );
  return rows.map(({ movie_id, own_id }) => [movie_id, own_id]);
}
