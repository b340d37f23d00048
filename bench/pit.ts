/**
 * How long the point-in-time join takes: a million labels by three views, streamed to Parquet, beside Feast's own offline join of the same rows.
 * Feast joins every label with every row of its entity before it chooses, so it is asked about fewer; the ratio is of those alone.
 * `npx tsx bench/pit.ts [labels] [labels for both]`
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { to as copyTo } from 'pg-copy-streams';
import { pino } from 'pino';
import { locatePython } from '../deploy/local/engines/engine.ts';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { computeView } from '../domain/features/compute.ts';
import { DEFINITIONS, findView } from '../domain/features/definitions.ts';
import { joinAtTheirTime } from '../domain/features/pointInTime.ts';
import { applyAtStart } from '../domain/features/registry/apply.ts';
import { readConfig } from '../platform/config.ts';
import { runMigrations } from '../platform/migrate.ts';
import { createPool, POOL_WAITS, withTransaction } from '../platform/postgres.ts';
import { collectMovieLens } from '../test/support/collectMovieLens.ts';
import { printTable } from './figures.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const countForBoth = Number(process.argv[3] ?? 20_000);
const GROUP_ROWS = 50_000;
const ASKED = {
  movie_features: ['rating', 'rating_count', 'popularity_7d', 'release_year'],
  user_features: ['rating_mean', 'rating_count', 'activity_7d'],
  user_recent: ['occurred_ms'],
} as const;
const references = Object.entries(ASKED).flatMap(([view, names]) => names.map((name) => `${view}:${name}`));

const { cacheDir } = readConfig();
const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir, which: ['postgres'] });
const pool = createPool({ url: engines.addresses.postgres, poolSize: 2, log: pino({ level: 'silent' }), waits: POOL_WAITS.step });
try {
  await prepare();
  const ours = await joinOurs(count);
  console.log(
    `ours: ${ours.seconds.toFixed(1)} s, ${ours.rows} rows, Parquet ${(ours.bytes / 2 ** 20).toFixed(0)} MB, peak RSS ${ours.peakMb} MB`,
  );
  compare(await joinOurs(countForBoth), await joinTheirs());
} finally {
  await pool.end();
  await engines.remove();
  await rm(folder, { recursive: true, force: true });
}

async function prepare() {
  await runMigrations(engines.addresses.postgres);
  await applyAtStart(pool, DEFINITIONS);
  await collectMovieLens(pool);
  await pool.query('analyze');
  for (const view of DEFINITIONS.views) await computeView(pool, view, { end: new Date() });
  await pool.query(
    `create table labels as
     select user_id, movie_id::text, rated_at + nth * interval '3 days' as event_timestamp, row_number() over () as label
     from generate_series(0, $1::integer / 100836) nth, ratings limit $1::integer`,
    [count],
  );
  await pool.query(`vacuum analyze labels, ${DEFINITIONS.views.map(({ offlineTable }) => offlineTable).join()}`);
}

interface Outcome {
  readonly seconds: number;
  readonly rows: number;
  /** Values that are not null, by reference */
  readonly known: Readonly<Record<string, number>>;
}

async function joinOurs(labels: number): Promise<Outcome & { bytes: number; peakMb: number }> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: references.length },
      ...references.map((name) => ({ name, type: 'DOUBLE' as const, repetition_type: 'OPTIONAL' as const })),
    ],
  });
  const known = Object.fromEntries(references.map((reference) => [reference, 0]));
  let columns = references.map((): (number | null)[] => []);
  let rows = 0;
  let peakMb = 0;
  const flush = () => {
    const columnData = references.map((name, at) => ({ name, data: columns[at]! }));
    void parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
    columns = references.map(() => []);
    peakMb = Math.max(peakMb, Math.round(process.memoryUsage().rss / 2 ** 20));
  };
  const startedAt = performance.now();
  await withTransaction(pool, async (connection) => {
    for await (const { features } of joinAtTheirTime(connection, DEFINITIONS, {
      labelsSql: `select * from labels where label <= ${labels}`,
      references,
    })) {
      references.forEach((reference, at) => {
        const value = features[reference];
        if (value !== null) known[reference]! += 1;
        columns[at]!.push(Array.isArray(value) ? Number(value.at(-1)) : (value as number | null));
      });
      rows += 1;
      if (rows % GROUP_ROWS === 0) flush();
    }
  });
  flush();
  void parquet.finish();
  return { seconds: (performance.now() - startedAt) / 1000, rows, known, bytes: writer.getBytes().byteLength, peakMb };
}

/** Lists go as text: Feast carries them along and does not look inside. */
async function joinTheirs(): Promise<Outcome> {
  const views = Object.entries(ASKED).map(([name, names]) => {
    const { entity, ttlSeconds } = findView(DEFINITIONS, name);
    return {
      name,
      key: entity.joinKey,
      ttl: ttlSeconds,
      features: Object.fromEntries(names.map((one) => [one, one === 'occurred_ms' ? 'text' : 'float'])),
    };
  });
  await writeFile(path.join(folder, 'views.json'), JSON.stringify(views));
  await exportCsv('labels', `select * from labels where label <= ${countForBoth}`);
  for (const { name, key, features } of views) {
    const columns = Object.entries(features).map(([one, kind]) => (kind === 'text' ? `${one}::text` : one));
    await exportCsv(
      name,
      `select entity_id as ${key}, event_timestamp, created_at as created, ${columns.join()} from ${findView(DEFINITIONS, name).offlineTable}`,
    );
  }
  const python = locatePython(cacheDir, 'feast');
  const { stdout } = await promisify(execFile)(python, [path.join(import.meta.dirname, 'pitPeer.py'), folder], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Outcome;
}

async function exportCsv(name: string, sql: string) {
  const connection = await pool.connect();
  const rows = connection.query(copyTo(`copy (${sql}) to stdout (format csv, header)`));
  await pipeline(rows, createWriteStream(path.join(folder, `${name}.csv`))).finally(() => connection.release());
}

function compare(ours: Outcome, theirs: Outcome) {
  printTable(
    ['', 'seconds', 'rows/s'],
    [
      ['ours', ours.seconds.toFixed(1), String(Math.round(ours.rows / ours.seconds))],
      ['Feast, file', theirs.seconds.toFixed(1), String(Math.round(theirs.rows / theirs.seconds))],
      ['times faster', `${(theirs.seconds / ours.seconds).toFixed(1)}×`, ''],
    ],
  );
  const different = references.filter((reference) => ours.known[reference] !== theirs.known[reference]);
  console.log(
    different.length === 0
      ? 'Both know the same number of values of each feature.'
      : `Values known, ours and theirs: ${different.map((one) => `${one} ${ours.known[one]} ${theirs.known[one]}`).join(', ')}`,
  );
}
