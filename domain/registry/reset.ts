import { withTransaction, type Pool } from '../../platform/postgres.ts';

/**
 * Empties the registry: experiments but the one that is always there, runs, models and what hangs on them, and webhooks. Files stay until they are collected.
 * Whoever serves a champion hears that there is none.
 * @returns how many went
 */
export const resetRegistry = (pool: Pool): Promise<{ experiments: number; runs: number; models: number }> =>
  withTransaction(pool, async (db) => {
    const { rows } = await db.query<{ experiments: number; runs: number; models: number }>(
      `select (select count(*)::int from experiments where experiment_id <> 0) as experiments, (select count(*)::int from registry_runs) as runs,
         (select count(*)::int from registered_models) as models`,
    );
    await db.query('truncate experiments, registry_runs, registered_models, registry_changes, webhooks restart identity cascade');
    await db.query(`insert into experiments (experiment_id, name) values (0, 'Default')`);
    await db.query(`select pg_notify('registry_changed', '')`);
    return rows[0]!;
  });
