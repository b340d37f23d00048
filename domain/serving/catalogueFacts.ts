import type { Database } from '../../platform/postgres.ts';

export interface MovieFacts {
  readonly genres: readonly string[];
  readonly year: number | null;
}

/** Genres and years of the catalogue in memory, some 100 bytes a movie, for whoever filters while answering. */
export interface CatalogueFacts {
  /** Undefined of a movie that the catalogue lacks. */
  of(movieId: string): MovieFacts | undefined;
  all(): Iterable<readonly [string, MovieFacts]>;
  /** That some movie is of, by name. */
  genres(): readonly string[];
  /** Changes whenever the facts do. */
  revision(): number;
  /** Reads them where they have changed since. */
  refresh(): Promise<void>;
}

export function createCatalogueFacts(db: Database): CatalogueFacts {
  let facts: ReadonlyMap<string, MovieFacts> = new Map();
  let genres: readonly string[] = [];
  let known: string | undefined;
  let revision = 0;
  return {
    of: (movieId) => facts.get(movieId),
    all: () => facts,
    genres: () => genres,
    revision: () => revision,
    async refresh() {
      const { rows } = await db.query<{ state: string }>(
        `select count(*) || ' ' || coalesce(max(updated_at)::text, '') as state from movies`,
      );
      if (rows[0]!.state === known) return;
      const movies = await db.query<MovieFacts & { movie_id: string }>('select movie_id::text, genres, release_year as year from movies');
      facts = new Map(movies.rows.map(({ movie_id, genres, year }) => [movie_id, { genres, year }]));
      genres = [...new Set(movies.rows.flatMap((movie) => movie.genres))].sort();
      known = rows[0]!.state;
      revision += 1;
    },
  };
}
