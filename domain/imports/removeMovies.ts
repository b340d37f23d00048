import type { Database } from '../../platform/postgres.ts';

/**
 * Removes the movies of a source that nobody rates or used; what the API said of one keeps it, unless the whole set goes.
 * @param stillListed table of staged movies, which stay; none where the whole set goes
 * @returns how many went
 */
export async function removeUnusedMovies(db: Database, source: string, stillListed?: string): Promise<number> {
  const { rowCount } = await db.query(
    `delete from movies m where source = $1
       and not exists (select from ratings r where r.movie_id = m.movie_id)
       and not exists (select from interactions i where i.movie_id = m.movie_id)
       ${
         stillListed === undefined
           ? ''
           : `and not exists (select from ${stillListed} s where s.movie_id = m.movie_id)
       and not exists (select from edited_movies e where e.movie_id = m.movie_id)`
       }`,
    [source],
  );
  return rowCount ?? 0;
}
