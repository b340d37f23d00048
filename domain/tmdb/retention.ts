import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { TMDB_MAX_AGE_DAYS, type Erased } from '../../contracts/tmdb.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { lockTmdbTitles } from './writeMovies.ts';

const DAY_MS = 86_400_000;
const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Erases all that TMDB said longer ago than its terms allow: rows, raw answers, and files made of them. A title that TMDB alone knows loses its
 * text; its catalogue row goes too unless a user has met it, for then recommendations and interactions name its id.
 */
export async function eraseExpired(pool: Pool, folder: string): Promise<Erased> {
  const rows = await withTransaction(pool, eraseRows);
  return { ...rows, raw: await eraseFiles(folder, new Date(Date.now() - TMDB_MAX_AGE_DAYS * DAY_MS)) };
}

async function eraseRows(db: Database): Promise<Omit<Erased, 'raw'>> {
  const erase = async (table: string, column = 'fetched_at') => {
    const { rowCount } = await db.query(`delete from ${table} where ${column} < now() - make_interval(days => $1)`, [TMDB_MAX_AGE_DAYS]);
    return rowCount ?? 0;
  };
  await lockTmdbTitles(db);
  const counts = { details: await erase('tmdb_details'), movies: await erase('tmdb_movies'), genres: await erase('tmdb_genres') };
  await erase('tmdb_asked', 'asked_at');
  const { rowCount } = await db.query(ERASE_UNMET_TITLES);
  return { ...counts, titles: rowCount ?? 0 };
}

const ERASE_UNMET_TITLES = `
  delete from movies m
  where m.source = 'tmdb'
    and not exists (
      select from movie_external_ids x join tmdb_movies t on t.tmdb_id::text = x.external_id where x.source = 'tmdb' and x.movie_id = m.movie_id
    )
    and not exists (select from ratings r where r.movie_id = m.movie_id)
    and not exists (select from interactions i where i.movie_id = m.movie_id)`;

async function eraseFiles(folder: string, before: Date): Promise<number> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let erased = 0;
  for (const name of names) {
    const entry = path.join(folder, name);
    const isExpired = DAY_FOLDER.test(name) ? name < before.toISOString().slice(0, 10) : (await stat(entry)).mtime < before;
    if (!isExpired) continue;
    await rm(entry, { recursive: true, force: true });
    erased += 1;
  }
  return erased;
}
