import type { Pool } from '../../platform/postgres.ts';

/** Has somebody's own set be here, as an import of it leaves it; without any row. */
export const ownSet = (pool: Pool, name: string) =>
  pool.query(`insert into data_sets (name, dataset, format, run_id, row_counts) values ($1, $1, 'own', 'import/' || $1, '{}')`, [name]);
