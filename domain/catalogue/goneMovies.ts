import type { Database } from '../../platform/postgres.ts';

export interface GoneMovies {
  /** Whether a movie was taken out of the catalogue, as of the last refresh. */
  has(movieId: string): boolean;
  /** Reads them where they have changed since. */
  refresh(): Promise<void>;
}

/** Keeps in memory which movies are not to be recommended any more, for whoever answers from memory. */
export function createGoneMovies(db: Database): GoneMovies {
  let ids: ReadonlySet<string> = new Set();
  let known = '0 ';
  return {
    has: (movieId) => ids.has(movieId),
    async refresh() {
      const { rows } = await db.query<{ state: string }>(
        `select count(*) || ' ' || coalesce(max(seq)::text, '') as state from gone_movies`,
      );
      if (rows[0]!.state === known) return;
      ids = new Set(await readGoneMovies(db));
      known = rows[0]!.state;
    },
  };
}

export async function readGoneMovies(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ movie_id: string }>('select movie_id::text from gone_movies');
  return rows.map(({ movie_id }) => movie_id);
}
