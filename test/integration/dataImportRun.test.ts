import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CollectionResult } from '../../contracts/collection.ts';
import type { DataImportResult } from '../../contracts/dataImport.ts';
import { runId, TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { holdRows } from '../support/holdRows.ts';
import { CSV_SET, DAT_SET, writeSet } from '../support/movieLensSets.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { writeSmallSample } from '../support/smallSample.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';

/** Two chunks: the worker is killed in the second. */
const MANY = 500_000;
let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
let worker: TestProcess;
let startWorker: () => Promise<TestProcess>;

beforeAll(async () => {
  [database, temporal, folder] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'import run ')),
  ]);
  const [port = 0] = await freePorts(1);
  startWorker = () =>
    startProcess('workers/control', port, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      DATA_DIR: path.join(folder, 'data'),
      WORKER_CONTROL_METRICS_PORT: String(port),
    });
  worker = await startWorker();
});
afterAll(async () => {
  await worker.end();
  await temporal.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const start = (workflow: WorkflowName, run: string, input: object) =>
  temporal.client.workflow.start(workflow, { workflowId: runId(workflow, run), taskQueue: TASK_QUEUES.control, args: [input] });
const outline = async (workflow: WorkflowName, run: string) =>
  (await listSteps(database.pool, runId(workflow, run))).map(({ step: { step, attempt, state } }) => `${step} ${attempt} ${state}`);
async function one<T>(sql: string): Promise<T> {
  const { rows } = await database.pool.query<{ value: T }>(sql);
  return rows[0]!.value;
}

/** Ratings of users 1, 2, … of movies 1 and 2, one line each. */
async function writeManyRatings(file: string): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('userId,movieId,rating,timestamp\n');
  for (let user = 1; user <= MANY / 2; user += 1) {
    if (!stream.write(`${user},1,${(user % 10) / 2 + 0.5},${964982703 + user}\n${user},2,4.0,964982703\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

test('a collection takes the same way: staged, checked, published, then its files', async () => {
  const handle = await start('movieDataCollection', 'plain', { path: await writeSmallSample(folder) });
  const result = (await handle.result()) as CollectionResult;
  const all = await one<number>('select count(*)::int as value from ratings');
  expect(all).toBeGreaterThan(10_000);
  expect(result).toMatchObject({ ratings: { read: all, written: all }, quality: { rules: expect.any(Number) } });
  const steps = await outline('movieDataCollection', 'plain');
  expect(steps.slice(0, 7)).toEqual([
    'open_collected_set 1 success',
    'stage_set 1 success',
    'check_data_quality 1 success',
    'publish_set 1 success',
    'discard_staging 1 success',
    'write_popular_movies 1 success',
    'write_watch_log 1 success',
  ]);
  expect(await readdir(path.join(folder, 'data', 'processed'))).toEqual(expect.arrayContaining(['watch_log.csv', 'watch_log.parquet']));
});

describe('an import', () => {
  test('goes on from its last chunk after its worker is killed with -9, and ends with every row once', async () => {
    const set = await writeSet(folder, 'ml-many', CSV_SET);
    await writeManyRatings(path.join(set, 'ratings.csv'));
    const secondChunk = await holdRows(database.pool, 'update on staged_files', `old.kind = 'ratings' and old.byte_offset > 0`);
    const handle = await start('dataImport', 'killed', { path: set });
    await secondChunk.reached();
    await worker.end('SIGKILL');
    await secondChunk.giveUp();
    const before = await one<number>(`select max(byte_offset) as value from staged_files where kind = 'ratings'`);
    expect(await one(`select is_done as value from staged_files where kind = 'ratings'`)).toBe(false);
    const staged = await one<number>(`select read_rows as value from staged_files where kind = 'ratings'`);
    worker = await startWorker();
    const result = (await handle.result()) as DataImportResult;
    expect([before > 0, staged > 0]).toEqual([true, true]);
    expect(result.ratings).toEqual({ read: MANY, written: MANY, rejected: 0, rejects_path: null });
    expect(await one("select count(distinct (user_id, movie_id)) as value from ratings where source = 'ml-many'")).toBe(MANY);
    expect(await one(`select sum(rating) as value from ratings where source = 'ml-many' and movie_id = 1`)).toBeCloseTo(
      ((0.5 + 5) / 2) * (MANY / 2),
      0,
    );
    expect(await outline('dataImport', 'killed')).toEqual([
      'open_imported_set 1 success',
      'stage_set 1 lost',
      'stage_set 2 success',
      'check_data_quality 1 success',
      'publish_set 1 success',
      'discard_staging 1 success',
    ]);
    const lines = await one<number[]>(
      `select array_agg((fields->>'from_line')::int) as value from run_step_logs where message = 'reading goes on'`,
    );
    expect(lines).toEqual([staged + 2]); // after the header
  });

  test('of an own log goes on in the same way, and each pair is there once', async () => {
    const log = path.join(folder, 'many-choices.csv');
    await writeManyRatings(log);
    await appendFile(log, '1,2,3.0,964982704\n,2,3.0,964982704\n');
    const secondChunk = await holdRows(database.pool, 'update on staged_files', `old.kind = 'ratings' and old.byte_offset > 0`);
    const handle = await start('dataImport', 'killed-own', { path: log });
    await secondChunk.reached();
    await worker.end('SIGKILL');
    await secondChunk.giveUp();
    const staged = await one<number>(`select lines as value from staged_files where kind = 'ratings'`);
    expect(await one("select count(*) as value from ratings where source = 'many-choices'")).toBe(0);
    worker = await startWorker();
    const result = (await handle.result()) as DataImportResult;
    expect([staged > 0, staged < MANY]).toEqual([true, true]);
    expect(result.ratings).toMatchObject({ read: MANY + 1, written: MANY, rejected: 1 });
    expect(await one("select count(distinct (user_id, movie_id)) as value from ratings where source = 'many-choices'")).toBe(MANY);
    expect(
      await one(
        "select rating as value from ratings where user_id = 'many-choices:1' and rated_at = to_timestamp(964982704) and line > 500000",
      ),
    ).toBe(3);
    const lines = await one<number[]>(
      `select array_agg((fields->>'from_line')::int) as value from run_step_logs where message = 'reading goes on' and workflow_id = 'import/killed-own'`,
    );
    expect(lines).toEqual([staged + 1]);
  });

  test('whose gate closes fails without another try, and leaves nothing behind', async () => {
    const set = await writeSet(folder, 'ml-bad', { ...CSV_SET, 'ratings.csv': 'userId,movieId,rating,timestamp\n1,1,9.5,964982703\n' });
    const handle = await start('dataImport', 'refused', { path: set });
    await expect(handle.result()).rejects.toMatchObject({ cause: { cause: { type: 'QualityGateFailed' } } });
    expect(await outline('dataImport', 'refused')).toEqual([
      'open_imported_set 1 success',
      'stage_set 1 success',
      'check_data_quality 1 failed',
      'discard_staging 1 success',
    ]);
    expect(await one(`select count(*) as value from pg_class where relnamespace = 'staging'::regnamespace`)).toBe(0);
    expect(await one(`select count(*) as value from ratings where source = 'ml-bad'`)).toBe(0);
  });

  test('of one set by two runs at once: both end well, and the set is there once', async () => {
    const set = await writeSet(folder, 'ml-1m', DAT_SET);
    const handles = await Promise.all(['one', 'two'].map((run) => start('dataImport', run, { path: set })));
    const results = (await Promise.all(handles.map((handle) => handle.result()))) as DataImportResult[];
    expect(results.map(({ ratings }) => ratings.written).sort()).toEqual([0, 3]);
    expect(await one(`select count(*) as value from ratings where source = 'ml-1m'`)).toBe(3);
  });
});
