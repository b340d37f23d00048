import type { Database } from '../../platform/postgres.ts';
import { genresSchema } from './answers.ts';
import type { TmdbSource } from './fetchPages.ts';

const FILE = 'genres.json';

/** Brings the names of TMDB's genres to disk, once a day, and into the database. @returns how many there are */
export async function collectGenres({ client, raw, db }: TmdbSource & { db: Database }, day: string, signal: AbortSignal): Promise<number> {
  client.requireKey(); // also where today's answers are all on disk
  const stored = await raw.read(day, FILE, genresSchema);
  const { fetchedAt, answer } = stored ?? (await raw.write(day, FILE, await client.get('/genre/movie/list', {}, genresSchema, signal)));
  await db.query(UPSERT, [JSON.stringify(answer.genres), fetchedAt]);
  return answer.genres.length;
}

const UPSERT = `
  insert into tmdb_genres as g (genre_id, name, fetched_at)
  select distinct on (id) id, name, $2::timestamptz from jsonb_to_recordset($1::jsonb) as given (id integer, name text) order by id
  on conflict (genre_id) do update set name = excluded.name, fetched_at = excluded.fetched_at where excluded.fetched_at > g.fetched_at`;
