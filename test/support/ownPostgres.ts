import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngines } from '../../deploy/local/engines/startEngines.ts';
import { readConfig } from '../../platform/config.ts';
import { runMigrations } from '../../platform/migrate.ts';
import { createPool, POOL_WAITS, type Pool } from '../../platform/postgres.ts';
import { childrenOf } from '../../platform/proc.mjs';
import { silentLog } from './database.ts';

/** A migrated Postgres of its own for one test file, which can be stopped in the middle of all it does. */
export interface OwnPostgres {
  readonly url: string;
  readonly pool: Pool;
  /** SIGSTOP to all its processes: connections stay open, new ones are taken by the kernel, and nothing is answered. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const { cacheDir } = readConfig();
  const stateDir = await mkdtemp(path.join(tmpdir(), 'mlops-postgres-'));
  const engines = await startEngines({ stateDir, cacheDir, which: ['postgres'] });
  const url = engines.addresses.postgres;
  await runMigrations(url);
  const pool = createPool({ url, poolSize: 5, log: silentLog, waits: POOL_WAITS.step });
  const { rows } = await pool.query<{ data_directory: string }>('show data_directory');
  const server = Number.parseInt(await readFile(path.join(rows[0]!.data_directory, 'postmaster.pid'), 'utf8'), 10);
  let stopped: number[] = [];
  const thaw = () => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    stopped = [];
  };
  process.once('exit', thaw); // what is stopped cannot be ended
  return {
    url,
    pool,
    async freeze() {
      process.kill(server, 'SIGSTOP'); // first, so that no child is born while the others are looked for
      const children = childrenOf(server);
      for (const pid of children) process.kill(pid, 'SIGSTOP');
      stopped = [server, ...children];
    },
    thaw,
    async remove() {
      thaw();
      await pool.end();
      await engines.remove();
    },
  };
}
