import { TMDB_MAX_AGE_DAYS } from '../../contracts/tmdb.ts';
import type { Database } from '../../platform/postgres.ts';

/** Ids of movies whose titles have all of these words, each at least begun so; the shortest titles first, which say most of what was looked for. */
export async function searchMovies(db: Database, text: string, limit: number): Promise<string[]> {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return [];
  const { rows } = await db.query<{ movie_id: string }>(SEARCH, [words.map((word) => `${word}:*`).join(' & '), TMDB_MAX_AGE_DAYS, limit]);
  return rows.map(({ movie_id }) => movie_id);
}

const SEARCH = `
  select movie_id::text from (
    select movie_id, title from movies where to_tsvector('simple', title) @@ to_tsquery('simple', $1)
    union all
    select x.movie_id, t.title from tmdb_movies t join movie_external_ids x on x.source = 'tmdb' and x.external_id = t.tmdb_id::text
    where to_tsvector('simple', t.title) @@ to_tsquery('simple', $1) and t.fetched_at > now() - make_interval(days => $2)
  ) found
  where not exists (select from gone_movies g where g.movie_id = found.movie_id)
  group by movie_id order by min(length(title)), movie_id limit $3`;
