import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { BackedUpTable, BackupManifest, RestoreDrillResult } from '../../contracts/backup.ts';
import { missing, permanent } from '../../contracts/failures.ts';
import { copyOut } from '../../platform/copy.ts';
import { runMigrations } from '../../platform/migrate.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { NEVER_IDLE } from './snapshot.ts';
import { quoteName } from '../features/offlineTable.ts';
import { loadTables } from './loadTables.ts';
import { listBackups, placeOf, readManifest, summaryOf } from './manifest.ts';
import type { BackupPlace } from './place.ts';
import { columnsOf, nameOf, NOT_LOADED, ONE_FORM, plainNameOf } from './tables.ts';
import type { UnderWay } from './underWay.ts';
import { verifyBackup } from './verify.ts';

export interface DrillDeps {
  /** Of the server whose databases are made and dropped */
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly openScratch: (url: string) => Pool;
}

/**
 * Restores the newest backup into a database that is made for it, reads every row again and compares it with what was written, and drops the database. What a
 * killed drill left is dropped first.
 * @throws Failure `missing` where there is no backup; `SourceCorrupt` where it is not what was written; `Conflict` where another drill goes on
 */
export async function drillRestore(place: BackupPlace, deps: DrillDeps, way: UnderWay): Promise<RestoreDrillResult> {
  const begunAt = Date.now();
  const [newest] = await listBackups(place);
  if (!newest) throw missing('there is no backup to restore');
  const manifest = await readManifest(place, newest.backupId);
  const verified = await verifyBackup(place, newest.backupId, way);
  if (verified.faults.length > 0) throw permanent('SourceCorrupt', `the backup is damaged: ${verified.faults.join('; ')}`);
  const times = await inScratch(deps, async (scratch, url) => {
    const startedAt = performance.now();
    await runMigrations(url, manifest.schema_version);
    await loadTables(scratch, { place: placeOf(place, manifest), manifest }, way);
    const loadedAt = performance.now();
    const different = await findDifferent(scratch, manifest, way);
    if (different.length > 0)
      throw permanent('SourceCorrupt', `restored, these tables are not what was backed up: ${different.join(', ')}`);
    return { restore_s: seconds(loadedAt - startedAt), compare_s: seconds(performance.now() - loadedAt) };
  });
  const { backup_id, taken_at, tables, rows, blobs } = summaryOf(manifest);
  const age_s = Math.round((begunAt - Date.parse(taken_at)) / 1_000);
  return { backup_id, taken_at, age_s, ...times, verify_s: verified.seconds, tables, rows, blobs, bytes: verified.bytes };
}

const seconds = (ms: number) => Math.round(ms) / 1_000;

/** Any fixed number: one drill at a time has the name. */
const DRILL_LOCK = 7_203_146;

const inScratch = <T>({ pool, databaseUrl, openScratch }: DrillDeps, body: (scratch: Pool, url: string) => Promise<T>): Promise<T> =>
  withTransaction(pool, async (connection) => {
    await connection.query(NEVER_IDLE);
    const { rows } = await connection.query<{ is_ours: boolean; name: string }>(
      `select pg_try_advisory_xact_lock($1) as is_ours, left(current_database(), 50) || '_drill' as name`,
      [DRILL_LOCK],
    );
    const { is_ours, name } = rows[0]!;
    if (!is_ours) throw permanent('Conflict', 'another drill goes on');
    const url = new URL(databaseUrl);
    url.pathname = `/${encodeURIComponent(name)}`;
    const drop = () => pool.query(`drop database if exists ${quoteName(name)} with (force)`);
    await drop();
    await pool.query(`create database ${quoteName(name)} template template0`);
    const scratch = openScratch(url.href);
    try {
      return await body(scratch, url.href);
    } finally {
      await scratch.end();
      await drop();
    }
  });

/** Tables whose rows, read again, are not byte by byte those that were written. */
async function findDifferent(scratch: Pool, { tables }: BackupManifest, { signal, onProgress }: UnderWay): Promise<string[]> {
  const different: string[] = [];
  for (const table of tables.filter((each) => !NOT_LOADED.includes(plainNameOf(each)))) {
    if (!(await isSame(scratch, table, signal))) different.push(plainNameOf(table));
    onProgress({ compared: plainNameOf(table) });
  }
  return different;
}

const isSame = (scratch: Pool, table: BackedUpTable, signal: AbortSignal): Promise<boolean> =>
  withTransaction(scratch, async (connection) => {
    const hash = createHash('sha256');
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done();
      },
    });
    await connection.query(ONE_FORM);
    const rows = await copyOut(connection, `copy ${nameOf(table)} (${columnsOf(table)}) to stdout`, sink, signal);
    return rows === table.rows && hash.digest('hex') === table.part.content_sha256;
  });
