import { missing } from '../../contracts/failures.ts';
import type { Database } from '../../platform/postgres.ts';

/**
 * Catalogue ids of movies as callers name them, in their order: an id as it is, and `source:external_id` as the catalogue has it.
 * @throws Failure `missing` for the first name that nobody has
 */
export async function movieIdsOf(db: Database, refs: readonly string[]): Promise<string[]> {
  const named = refs.filter(isNamed);
  const ids = named.length > 0 ? await findMovieIds(db, named) : new Map<string, string>();
  return refs.map((ref) => {
    const id = isNamed(ref) ? ids.get(ref) : ref;
    if (id === undefined) throw missing(`There is no movie ${ref} in the catalogue`);
    return id;
  });
}

/** The same for whoever may ask about what is not there: a name that nobody has stays as it is, and null null. */
export async function idsOfKnownMovies<Ref extends string | null>(db: Database, refs: readonly Ref[]): Promise<(string | Ref)[]> {
  const named = refs.filter((ref): ref is Ref & string => ref !== null && isNamed(ref));
  if (named.length === 0) return [...refs];
  const ids = await findMovieIds(db, named);
  return refs.map((ref) => (ref !== null && ids.get(ref)) || ref);
}

/** By `source:external_id`, those that the catalogue has. */
export async function findMovieIds(db: Database, refs: readonly string[]): Promise<Map<string, string>> {
  const parts = refs.map(splitRef);
  const { rows } = await db.query<{ ref: string; movie_id: string }>(
    `select ref, movie_id::text from unnest($1::text[], $2::text[], $3::text[]) as r (ref, source, external_id)
     join movie_external_ids using (source, external_id)`,
    [refs, parts.map(({ source }) => source), parts.map(({ externalId }) => externalId)],
  );
  return new Map(rows.map(({ ref, movie_id }) => [ref, movie_id]));
}

export const isNamed = (ref: string): boolean => ref.includes(':');

/** `shop:SKU:1` is SKU:1 of shop. */
export function splitRef(ref: string): { source: string; externalId: string } {
  const colon = ref.indexOf(':');
  return { source: ref.slice(0, colon), externalId: ref.slice(colon + 1) };
}
