/**
 * A backup of the main job's data and a drill that restores it, beside a bare COPY of the same tables: out of the database into files and into another one, by one
 * connection, without a look at what was written. Rounds alternate, so that noise falls on both. `npm run bench:backup [-- rounds]`, after `npm run build`
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { pino } from 'pino';
import { startPostgres } from '../deploy/local/engines/postgres.ts';
import { drillRestore } from '../domain/backup/drill.ts';
import { openBackupPool } from '../domain/backup/openBackupPool.ts';
import { openPlace } from '../domain/backup/place.ts';
import { columnsOf, listTables, nameOf, plainNameOf, type FoundTable } from '../domain/backup/tables.ts';
import { takeBackup, type BackupSource } from '../domain/backup/takeBackup.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { runMigrations } from '../platform/migrate.ts';
import { withTransaction, type Pool } from '../platform/postgres.ts';
import { createStackSettings, startStack } from '../test/support/stack.ts';
import { printTable, printVerdict, quantile, ratioOf } from './figures.ts';

const [ROUNDS = 5] = process.argv.slice(2).map(Number);
const ASKED = 3;
const KEY = 'a key of this benchmark alone, 32 and more';
const log = pino({ level: 'silent' });
const way = { signal: new AbortController().signal, onProgress: () => undefined };
/** There is no Kafka and no Temporal; what they add is some kilobytes. */
const engines = { kafka: { browse: { groups: async () => [] } }, schedules: { list: async () => [] } } as unknown as Pick<
  BackupSource,
  'kafka' | 'schedules'
>;

const settings = await createStackSettings();
const { folder, env, ports } = settings;
const stack = await startStack(['--once'], settings);
console.error('the main job runs, to have something to save …');
const code = await stack.ended();
if (code !== 0) throw new Error(`the main job ended with ${code}:\n${stack.output().slice(-3_000)}`);
const postgres = await startPostgres({
  dataDir: path.join(env['STATE_DIR']!, 'postgres'),
  port: ports.POSTGRES_PORT,
  logFile: path.join(folder, 'postgres.log'),
});
try {
  await postgres.ready;
  await measure();
} finally {
  await postgres.stop();
  await stack.remove();
}

async function measure(): Promise<void> {
  const databaseUrl = postgres.address;
  const pool = openBackupPool({ url: databaseUrl }, log);
  const blobs = createBlobStore(env['BLOB_URL']!);
  const rounds: { bare: number; backup: number; drill: number; again: number }[] = [];
  let size = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = await copyBare(pool, databaseUrl);
    const place = openPlace(createBlobStore(`file:${path.join(folder, `backups-${round}`)}`), KEY);
    const source = { pool, blobs, ...engines, release: 'bench' };
    const taken = await seconds(() => takeBackup(source, place, way));
    const openScratch = (url: string) => openBackupPool({ url }, log);
    const drilled = await seconds(() => drillRestore(place, { pool, databaseUrl, openScratch }, way));
    const again = await seconds(() => takeBackup(source, place, way));
    const { rows, tables, bytes, blobs: files } = taken.result;
    size = `${rows} rows of ${tables} tables and ${files} files, ${(bytes / 1e6).toFixed(1)} MB in the backup`;
    rounds.push({ bare, backup: taken.s, drill: drilled.s, again: again.s });
    console.error(`round ${round + 1}: bare ${bare.toFixed(2)} s, backup ${taken.s.toFixed(2)} s, drill ${drilled.s.toFixed(2)} s`);
  }
  await pool.end();
  console.log(`${size}; ${ROUNDS} rounds\n`);
  const row = (name: string, of: (round: (typeof rounds)[number]) => number) => [
    name,
    ...[0, 0.5, 1].map((share) => quantile(rounds.map(of), share).toFixed(2)),
  ];
  printTable(
    ['seconds', 'least', 'median', 'most'],
    [
      row('bare COPY, out and in', ({ bare }) => bare),
      row('backup, encrypted and read again', ({ backup }) => backup),
      row('the next one, with no new file', ({ again }) => again),
      row('drill: read, restored, compared', ({ drill }) => drill),
      row('backup and drill', ({ backup, drill }) => backup + drill),
    ],
  );
  const { median, text } = ratioOf(rounds.map(({ bare, backup, drill }) => (backup + drill) / bare));
  printVerdict(median <= ASKED, `backup and drill take at most ${ASKED} times a bare COPY`, text);
}

async function seconds<T>(body: () => Promise<T>): Promise<{ s: number; result: T }> {
  const startedAt = performance.now();
  const result = await body();
  return { result, s: (performance.now() - startedAt) / 1_000 };
}

/** Into a database of the same schema, which is made before the clock starts and has no foreign keys and no triggers. */
async function copyBare(pool: Pool, databaseUrl: string): Promise<number> {
  await pool.query('drop database if exists bare with (force)');
  await pool.query('create database bare template template0');
  const url = new URL(databaseUrl);
  url.pathname = '/bare';
  await runMigrations(url.href);
  const bare = openBackupPool({ url: url.href }, log);
  const files = path.join(folder, 'bare');
  await mkdir(files, { recursive: true });
  const tables = (await withTransaction(pool, listTables)).filter(({ name }) => name !== 'schema_migrations');
  await makeReady(bare, tables);
  const { s } = await seconds(async () => {
    for (const table of tables)
      await withTransaction(pool, (connection) =>
        pipeline(
          connection.query(copyTo(`copy ${nameOf(table)} (${columnsOf(table)}) to stdout`)),
          createWriteStream(path.join(files, plainNameOf(table))),
        ),
      );
    for (const table of tables)
      await withTransaction(bare, (connection) =>
        pipeline(
          createReadStream(path.join(files, plainNameOf(table))),
          connection.query(copyFrom(`copy ${nameOf(table)} (${columnsOf(table)}) from stdin`)),
        ),
      );
  });
  await bare.end();
  await rm(files, { recursive: true });
  return s;
}

async function makeReady(bare: Pool, tables: readonly FoundTable[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await bare.query<{ there: boolean }>('select to_regclass($1) is not null as there', [nameOf(table)]);
    if (!rows[0]!.there) for (const sql of table.definition) await bare.query(sql);
  }
  await bare.query(`
    do $$ declare found record; begin
      for found in select conrelid::regclass as at, conname from pg_constraint where contype = 'f' and conparentid = 0
        loop execute format('alter table %s drop constraint %I', found.at, found.conname); end loop;
      for found in select distinct tgrelid::regclass as at from pg_trigger where not tgisinternal
        loop execute format('alter table %s disable trigger user', found.at); end loop;
    end $$`);
  await bare.query(`truncate ${tables.map(nameOf).join(', ')}`);
}
