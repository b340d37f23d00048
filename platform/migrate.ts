import { readdir } from 'node:fs/promises';
import path from 'node:path';
import Postgrator from 'postgrator';
import { PROJECT_ROOT } from './config.ts';
import { POOL_WAITS } from './postgres.ts';
import { postgresClient } from './postgresClient.ts';

const MIGRATIONS = path.join(PROJECT_ROOT, 'data', 'migrations', '*.sql');
/** Any fixed number: two starts at once take turns. */
const MIGRATION_LOCK = 7_203_144;

/**
 * Brings a database's schema to the newest numbered migration of `data/migrations`, or to the one that is named, which may not be before where it is.
 * @returns the numbers that were applied, in order; empty when there was nothing to do
 */
export async function runMigrations(databaseUrl: string, to: number | undefined = undefined): Promise<number[]> {
  const { Client, options } = postgresClient(databaseUrl);
  const client = new Client({
    ...options,
    connectionTimeoutMillis: POOL_WAITS.step.connectMs,
    query_timeout: POOL_WAITS.step.queryMs,
    keepAlive: true,
  });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const postgrator = new Postgrator({
      migrationPattern: MIGRATIONS,
      driver: 'pg',
      schemaTable: 'schema_migrations',
      execQuery: (sql) => client.query(sql),
    });
    const applied = await postgrator.migrate(to === undefined ? undefined : String(to));
    return applied.map(({ version }) => version);
  } finally {
    await client.end();
  }
}

/** Number of the newest migration that this release knows. */
export async function newestMigration(): Promise<number> {
  const files = await readdir(path.dirname(MIGRATIONS));
  return Math.max(...files.map((file) => Number.parseInt(file, 10)).filter((number) => !Number.isNaN(number)));
}
