import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import Postgrator from 'postgrator';
import { PROJECT_ROOT } from './config.ts';
import { POOL_WAITS, type Database } from './postgres.ts';
import { postgresClient } from './postgresClient.ts';

/**
 * `expand`: the release before goes on with the schema that comes of it. `contract`: takes away what only the release before needed, and runs when none of its
 * processes is left; after all of `expand`, whatever the numbers.
 */
export const MIGRATION_PHASES = ['expand', 'contract'] as const;
export type MigrationPhase = (typeof MIGRATION_PHASES)[number];

/** A file of `data/migrations`. */
export interface Migration {
  readonly number: number;
  /** `registry_clients` */
  readonly name: string;
  readonly phase: MigrationPhase;
  readonly file: string;
}

const FOLDER = path.join(PROJECT_ROOT, 'data', 'migrations');
const PLACES: Record<MigrationPhase, { folder: string; table: string }> = {
  expand: { folder: FOLDER, table: 'schema_migrations' },
  contract: { folder: path.join(FOLDER, 'contract'), table: 'schema_contractions' },
};
/** Any fixed number: two starts at once take turns. */
const MIGRATION_LOCK = 7_203_144;

/**
 * Brings a database's schema to the newest of this release, both phases; or to the number of an expanding one that is named, which may not be before where it is.
 * @returns the numbers that were applied, in order; empty when there was nothing to do
 */
export async function runMigrations(databaseUrl: string, to: number | undefined = undefined): Promise<number[]> {
  if (to !== undefined) return migrate(databaseUrl, 'expand', String(to));
  return [...(await migrate(databaseUrl, 'expand')), ...(await migrate(databaseUrl, 'contract'))];
}

/** One phase alone, for an upgrade in which the release before goes on. */
export const runPhase = (databaseUrl: string, phase: MigrationPhase): Promise<number[]> => migrate(databaseUrl, phase);

/**
 * All that is missing comes in one transaction: where one migration fails, none was. The tables are locked at its beginning, all or none, so that nobody waits
 * for us who holds what we wait for.
 */
async function migrate(databaseUrl: string, phase: MigrationPhase, to?: string): Promise<number[]> {
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
    return await untilLocked(() => inTransaction(client, () => applyMissing(client, phase, to)));
  } finally {
    await client.end();
  }
}

async function applyMissing(client: pg.Client, phase: MigrationPhase, to: string | undefined): Promise<number[]> {
  const { folder, table } = PLACES[phase];
  const missing = await listMissing(client, phase);
  if (missing.length > 0) await lockTables(client, missing);
  const postgrator = new Postgrator({
    migrationPattern: path.join(folder, '*.sql'),
    driver: 'pg',
    schemaTable: table,
    execQuery: (sql) => client.query(sql),
  });
  const applied = await postgrator.migrate(to);
  return applied.map(({ version }) => version);
}

/** Less than the second after which Postgres looks for whom to fail of those who wait for each other: we give way before. */
const LOCK_MS = 500;
const AGAIN_MS = 500;
/** A training that reads all ratings holds them for as long. */
const PATIENCE_MS = 180_000;

/** @throws what Postgres says where a table is still held by somebody after PATIENCE_MS */
async function untilLocked<T>(body: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await body();
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03' || Date.now() > until) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

async function inTransaction<T>(client: pg.Client, body: () => Promise<T>): Promise<T> {
  // A table with changes that a deferred trigger is still to be told of cannot be altered.
  await client.query(`begin; set local lock_timeout = ${LOCK_MS}; set constraints all immediate`);
  try {
    const result = await body();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function lockTables(client: pg.Client, missing: readonly Migration[]): Promise<void> {
  const tables = await listTouched(client, missing);
  const names = tables.map(({ name }) => `"${name}"`).join(', ');
  if (names !== '') await client.query(`lock table ${names} in access exclusive mode`);
}

/** Tables of the database that the migrations name, with about how many rows each has: while they run nobody reads or writes these. */
export async function listTouched(
  db: Pick<pg.ClientBase, 'query'>,
  migrations: readonly Migration[],
): Promise<{ name: string; rows: number }[]> {
  const texts = await Promise.all(migrations.map(({ file }) => readFile(file, 'utf8')));
  const words = new Set(texts.flatMap((text) => statementsOf(text).match(/\w+/g) ?? []));
  const { rows } = await db.query<{ name: string; rows: number }>(
    `select c.relname as name, greatest(coalesce(sum(p.reltuples), c.reltuples), 0)::float8 as rows
     from pg_class c left join pg_inherits i on i.inhparent = c.oid left join pg_class p on p.oid = i.inhrelid
     where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
     group by c.oid, c.relname, c.reltuples order by c.relname`,
  );
  return rows.filter(({ name }) => words.has(name));
}

/** SQL without its comments. */
export const statementsOf = (text: string): string => text.replaceAll(/--.*$/gm, '');

/** The migrations that this release has and the database lacks, in the order in which they run. */
export async function listMissing(db: Pick<pg.ClientBase, 'query'>, phase: MigrationPhase): Promise<Migration[]> {
  const { table } = PLACES[phase];
  const { rows: found } = await db.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`public.${table}`]);
  const { rows } = found[0]!.there
    ? await db.query<{ version: number }>(`select max(version)::integer as version from ${table}`)
    : { rows: [] };
  const newest = rows[0]?.version ?? 0;
  return (await listMigrations()).filter((migration) => migration.phase === phase && migration.number > newest);
}

/** All of this release, expanding ones first. */
export async function listMigrations(): Promise<Migration[]> {
  const listed = await Promise.all(
    MIGRATION_PHASES.map(async (phase) => {
      const { folder } = PLACES[phase];
      const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
      return names.map((name) => ({ ...partsOf(name), phase, file: path.join(folder, name) }));
    }),
  );
  return listed.flat();
}

function partsOf(file: string): { number: number; name: string } {
  const [number = '', , name = ''] = file.split('.');
  return { number: Number.parseInt(number, 10), name };
}

/** Number of the newest expanding migration that this release knows. */
export async function newestMigration(): Promise<number> {
  const expanding = (await listMigrations()).filter(({ phase }) => phase === 'expand');
  return Math.max(...expanding.map(({ number }) => number));
}

interface DatabaseVersions {
  readonly version: string;
  readonly schema_version: number | null;
  readonly started_at: Date;
}

/** What the server is, since when it runs, and how far its schema has come; null where nobody ever migrated it. */
export async function readDatabaseVersions(db: Database): Promise<DatabaseVersions> {
  const { rows } = await db.query<DatabaseVersions>(
    `select current_setting('server_version') as version, (select max(version)::int from schema_migrations) as schema_version,
       pg_postmaster_start_time() as started_at`,
  );
  return rows[0]!;
}
