import type { Pool } from '../../platform/postgres.ts';
import { waitFor } from './waitFor.ts';

export interface HeldRows {
  /** Resolves when somebody waits to write such a row. */
  reached(): Promise<void>;
  /** Ends the sessions that wait, as when their client was killed (else the server would go on for the dead client), and holds nothing any more. */
  giveUp(): Promise<void>;
}

let held = 0;

/**
 * Whoever writes a row of which the condition is true waits, for as long as the test needs: so a process can be killed in the middle, on a machine of
 * any speed.
 * @param event such as `insert on run_steps`
 * @param condition of plpgsql, on `new` and `old`
 */
export async function holdRows(pool: Pool, event: string, condition: string): Promise<HeldRows> {
  const lock = (held += 1);
  await pool.query(`
    create function hold_rows_${lock}() returns trigger language plpgsql as
      $$ begin if ${condition} then perform pg_advisory_xact_lock(${lock}); end if; return new; end $$;
    create trigger hold_rows_${lock} before ${event} for each row execute function hold_rows_${lock}()`);
  const holder = await pool.connect();
  await holder.query(`select pg_advisory_lock(${lock})`);
  const waiting = `from pg_locks where locktype = 'advisory' and objid = ${lock} and not granted and database = (select oid from pg_database where datname = current_database())`;
  return {
    reached: async () => void (await waitFor('a write to hold', async () => (await pool.query(`select ${waiting}`)).rowCount)),
    async giveUp() {
      await pool.query(`select pg_terminate_backend(pid) ${waiting}`);
      await waitFor('them to be gone', async () => (await pool.query(`select ${waiting}`)).rowCount === 0);
      await holder.query(`select pg_advisory_unlock(${lock})`);
      holder.release();
      await pool.query(`drop function hold_rows_${lock} cascade`);
    },
  };
}
