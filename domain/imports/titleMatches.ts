import { missing } from '../../contracts/failures.ts';
import type { DecidedTitle, TitleMatch, TitleRule } from '../../contracts/titleMatches.ts';
import type { Database } from '../../platform/postgres.ts';
import { TAB_CATALOGUE } from './reading/setMovies.ts';

/** The movies of 100K that an import brought, by their ids there, and how each came by its place in the catalogue. */
export async function listTitleMatches(db: Database, rule?: TitleRule): Promise<TitleMatch[]> {
  const { rows } = await db.query<TitleMatch>(
    `select external_id, movie_id::text, title, release_year, matched_by from movie_external_ids join movies using (movie_id)
     where movie_external_ids.source = $1 and matched_by is not null and ($2::text is null or matched_by = $2) order by external_id::int`,
    [TAB_CATALOGUE, rule ?? null],
  );
  return rows;
}

/**
 * Decides which movie a title of 100K is, whatever the rules say.
 * @param movieId null for none of the catalogue
 * @throws Failure `missing` where the catalogue lacks the movie
 */
export async function decideTitle(db: Database, externalId: string, movieId: string | null): Promise<DecidedTitle> {
  const { rowCount } = await db.query(
    `insert into title_decisions (source, external_id, movie_id) select $1, $2, $3::int
     where $3 is null or exists (select from movies where movie_id = $3::int)
     on conflict (source, external_id) do update set movie_id = excluded.movie_id, decided_at = now()`,
    [TAB_CATALOGUE, externalId, movieId],
  );
  if (rowCount === 0) throw missing(`There is no movie ${movieId} in the catalogue`);
  return { external_id: externalId, movie_id: movieId, note: 'It holds once the set is imported again' };
}
