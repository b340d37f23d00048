import type { PoolClient } from 'pg';
import type { RemovedSet } from '../../contracts/dataSets.ts';
import { conflict } from '../../contracts/failures.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { LOCK_TIMEOUT, partitionOf } from './attachRatings.ts';
import { lockSet } from './publishSet.ts';
import { removeUnusedMovies } from './removeMovies.ts';

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Removes a set: its ratings, its users, and the movies that nobody else rates or used. What somebody did to its movies by the API stays.
 * @returns what went; null where there is no such set
 * @throws Failure `conflict` where somebody reads it for so long that it cannot be taken away now
 */
export const removeSet = (pool: Pool, name: string): Promise<RemovedSet | null> =>
  takeAway(pool, name).catch((error: unknown) => {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw conflict(`${name} is being read, by a training or an export perhaps; try again when that is over`);
  });

const takeAway = (pool: Pool, name: string): Promise<RemovedSet | null> =>
  withTransaction(pool, async (connection) => {
    await lockSet(connection, name);
    const { rowCount } = await connection.query('delete from data_sets where name = $1', [name]);
    if (rowCount === 0) return null;
    const ratings = await removeRatings(connection, name);
    const users = await connection.query('delete from users where source = $1', [name]);
    const movies = await removeUnusedMovies(connection, name);
    return { name, ratings, users: users.rowCount ?? 0, movies };
  });

async function removeRatings(connection: PoolClient, name: string): Promise<number> {
  const partition = partitionOf(name);
  const { rows } = await connection.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [partition]);
  if (!rows[0]!.exists) {
    const { rowCount } = await connection.query('delete from ratings where source = $1', [name]);
    return rowCount ?? 0;
  }
  const counted = await connection.query<{ ratings: number }>(`select count(*) as ratings from ${partition}`);
  await connection.query(
    `set local lock_timeout = '${LOCK_TIMEOUT}'; alter table ratings detach partition ${partition}; drop table ${partition}`,
  );
  return counted.rows[0]!.ratings;
}
