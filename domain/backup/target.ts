import type { PoolClient } from 'pg';
import type { BackupManifest } from '../../contracts/backup.ts';
import { conflict } from '../../contracts/failures.ts';
import { newestMigration } from '../../platform/migrate.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { listFilled, listTables, schemaVersionOf } from './tables.ts';

/** Tables with rows in a database that nobody has used: of migrations, and of the definitions of features, which each start puts in force and the audit log tells. */
export const SEEDED: readonly string[] = [
  'schema_migrations',
  'schema_contractions',
  'experiments',
  'outbox_shards',
  'outcome_state',
  'erasure_key',
  'feature_registry',
  'audit_log',
].map((name) => `public.${name}`);

const TABLES_NAMED = 5;

/** How far a restore came. `loaded`: all rows are there, and what comes after them is not done. */
export type TargetState = 'empty' | 'loaded';

/**
 * Looks at the database that a backup is to go into, and changes nothing.
 * @throws Failure `Conflict` where it has rows, or its schema or the backup's is newer than what it would be restored by
 */
export async function inspectTarget(pool: Pool, { backup_id, schema_version }: BackupManifest): Promise<TargetState> {
  const known = await newestMigration();
  if (schema_version > known)
    throw conflict(
      `the backup ${backup_id} has the schema ${schema_version}, and this release knows those up to ${known}: restore it with the release that took it, or a newer one`,
    );
  return withTransaction(pool, async (connection) => {
    const version = await schemaVersionOf(connection);
    if (version !== null && (await isLoaded(connection, backup_id))) return 'loaded';
    const filled = await listFilled(connection, await listTables(connection), SEEDED);
    if (filled.length > 0) throw conflict(`the database is in use: ${wordsOf(filled)}. A backup is restored into an empty one alone`);
    if (version !== null && version > schema_version)
      throw conflict(`the database has the schema ${version}, and the backup ${schema_version}: give it a database that is new`);
    return 'empty';
  });
}

export const noteLoaded = (connection: PoolClient, { backup_id, taken_at }: BackupManifest) =>
  connection.query('insert into restores (backup_id, taken_at) values ($1, $2)', [backup_id, taken_at]);

export async function noteFinished(pool: Pool, backupId: string): Promise<void> {
  await pool.query('analyze'); // else the first queries are planned for empty tables
  await pool.query('update restores set finished_at = now() where backup_id = $1 and finished_at is null', [backupId]);
}

/** Whether this backup was restored into it before and did not come to its end. */
async function isLoaded(connection: PoolClient, backupId: string): Promise<boolean> {
  const { rows: found } = await connection.query<{ there: boolean }>(`select to_regclass('public.restores') is not null as there`);
  if (!found[0]!.there) return false;
  const { rowCount } = await connection.query('select from restores where backup_id = $1 and finished_at is null', [backupId]);
  return rowCount !== 0;
}

function wordsOf(filled: readonly string[]): string {
  const more = filled.length - TABLES_NAMED;
  return `${filled.slice(0, TABLES_NAMED).join(', ')}${more > 0 ? ` and ${more} more tables have rows` : ' has rows'}`;
}
