import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { runMigrations } from '../../platform/migrate.ts';
import { createPool, POOL_WAITS, type Pool } from '../../platform/postgres.ts';
import { engine } from './engines.ts';

export interface TestDatabase {
  url: string;
  pool: Pool;
  drop(): Promise<void>;
}

/** Of a machine on which everything else runs too: no test is about how long its own connections take. */
const PATIENT = { ...POOL_WAITS.step, connectMs: 60_000 };

/** A migrated database of its own for one test file, cloned from the template that the engines' start made. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name} template ${engine('TEST_TEMPLATE_DATABASE')}`);
  return openDatabase(name);
}

/** An empty database that orders text as people do, not by code point; migrated. */
export async function createForeignDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name} template template0 locale_provider icu icu_locale 'en-US'`);
  await runMigrations(databaseUrl(name));
  return openDatabase(name);
}

/** A database in which there is nothing. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name} template template0`);
  return openDatabase(name);
}

function openDatabase(name: string): TestDatabase {
  const url = databaseUrl(name);
  const pool = createPool({ url, poolSize: 10, log: silentLog, waits: PATIENT });
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await asAdmin(`drop database ${name} with (force)`);
    },
  };
}

export const silentLog = pino({ level: 'silent' });

function databaseUrl(name: string): string {
  const url = new URL(engine('TEST_DATABASE_URL'));
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(sql: string) {
  const client = new pg.Client({ connectionString: engine('TEST_DATABASE_URL') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
