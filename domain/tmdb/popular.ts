import { writeFile } from 'node:fs/promises';
import { TMDB_ATTRIBUTION } from '../../contracts/tmdb.ts';
import type { Database } from '../../platform/postgres.ts';
import { replaceFile } from '../../platform/replaceFile.ts';
import { readListed } from './loadList.ts';
import type { RawAnswers } from './rawAnswers.ts';

/**
 * Writes TMDB's popular movies of a day, in TMDB's order, as `{source, attribution, collected_on, movies: [{movie_id, tmdb_id, title, …}]}`.
 * The same day and database give the same bytes.
 * @returns how many there are
 */
export async function writeTmdbPopular(
  { db, raw }: { db: Database; raw: RawAnswers },
  { day, pages, file }: { day: string; pages: number; file: string },
): Promise<number> {
  const { movies: listed } = await readListed(raw, day, 'popular', pages);
  const { rows: movies } = await db.query(POPULAR, [listed.map(({ id }) => id)]);
  const content = { source: 'tmdb', attribution: TMDB_ATTRIBUTION, collected_on: day, movies };
  await replaceFile(file, (aside) => writeFile(aside, `${JSON.stringify(content, null, 2)}\n`));
  return movies.length;
}

const POPULAR = `
  select x.movie_id::text, t.tmdb_id, t.title, extract(year from t.release_date)::integer as release_year,
    array(select name from tmdb_genres g where g.genre_id = any(t.genre_ids) order by name) as genres,
    t.overview, t.poster_path, t.popularity, t.vote_average, t.vote_count
  from unnest($1::integer[]) with ordinality as listed (tmdb_id, place)
  join tmdb_movies t using (tmdb_id)
  join movie_external_ids x on x.source = 'tmdb' and x.external_id = t.tmdb_id::text
  order by place`;
