import type { UnknownMovie } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';

/** Movies that events name and the catalogue lacks, those of most events first. It reads all interactions. */
export async function listUnknownMovies(db: Database, limit: number): Promise<UnknownMovie[]> {
  const { rows } = await db.query<Omit<UnknownMovie, 'first_at' | 'last_at'> & { first_at: Date; last_at: Date }>(
    'select movie_id::text, events, users, first_at, last_at from unknown_movies order by events desc, movie_id limit $1',
    [limit],
  );
  return rows.map(({ first_at, last_at, ...row }) => ({ ...row, first_at: first_at.toISOString(), last_at: last_at.toISOString() }));
}
