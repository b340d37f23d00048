import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TMDB_ATTRIBUTION, type TmdbCollectionResult } from '../../contracts/tmdb.ts';
import { runId, TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startTmdbServer, TMDB_V4_TOKEN, type TmdbServer } from '../support/tmdbServer.ts';
import { waitFor } from '../support/waitFor.ts';

const DETAILS = { asked: 0, kept: 0, gone: 0, set_aside: 0 };
let server: TmdbServer;
let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
let port: number;
let worker: TestProcess;

beforeAll(async () => {
  [server, database, temporal, folder] = await Promise.all([
    startTmdbServer(),
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'tmdb run ')),
  ]);
  [port = 0] = await freePorts(1);
});
afterEach(() => worker.end('SIGKILL'));
afterAll(async () => {
  await temporal.close();
  await database.drop();
  await server.close();
  await rm(folder, { recursive: true });
});

const startWorker = (TMDB_API_KEY: string) =>
  startProcess('workers/control', port, {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    DATA_DIR: folder,
    BLOB_URL: `file:${folder}/models`,
    WORKER_CONTROL_METRICS_PORT: String(port),
    TMDB_API_URL: server.url,
    TMDB_API_KEY,
  });
const start = (workflow: WorkflowName, workflowId: string, input: unknown = {}) =>
  temporal.client.workflow.start(workflow, { workflowId, taskQueue: TASK_QUEUES.control, args: [input] });
const pagesOnDisk = (list: string) =>
  readdir(path.join(folder, 'raw', 'tmdb', new Date().toISOString().slice(0, 10), list)).catch(() => []);
const failureOf = (result: Promise<unknown>) =>
  result.then(
    () => undefined,
    (error: { cause?: { cause?: unknown } }) => error.cause?.cause,
  );

describe('a collection run', () => {
  test('whose worker is killed half-way goes on with the pages that are not on disk, and says page n of m meanwhile', async () => {
    worker = await startWorker(TMDB_V4_TOKEN);
    server.delayMs = 100;
    // The worker that is killed never sees the end, however late it is killed.
    for (let page = 31; page <= 60; page += 1) server.faults.set(`/movie/popular?page=${page}`, ['hang']);
    const id = runId('tmdbCollection', 'killed');
    const handle = await start('tmdbCollection', id, { lists: ['popular'], pages: 60, details: 0 });
    const { listProgress } = createTemporalRuns(temporal.client);
    const progress = await waitFor('progress', async () => {
      const [activity] = await listProgress(id);
      return (activity?.progress as { page?: number } | null)?.page ? activity?.progress : undefined;
    });
    expect(progress).toEqual({ list: 'popular', page: expect.any(Number), pages: 50 });
    await waitFor('pages', async () => (await pagesOnDisk('popular')).length >= 10);
    await worker.end('SIGKILL');
    server.faults.clear();
    const stored = (await pagesOnDisk('popular')).filter((name) => name.endsWith('.json')).map((name) => Number.parseInt(name, 10));
    expect(stored.length).toBeLessThan(50);

    worker = await startWorker(TMDB_V4_TOKEN);
    const result = (await handle.result()) as TmdbCollectionResult;
    expect(result).toMatchObject({ source: 'tmdb', genres: 2, details: DETAILS, attribution: TMDB_ATTRIBUTION });
    expect(result.lists).toMatchObject([{ list: 'popular', pages: 60, requested: 60 - stored.length, read: 1_200, written: 1_200 }]);
    expect(result.popular).toEqual({ path: path.join(folder, 'raw', 'tmdb', 'popular.json'), movies: 1_200 });
    expect(stored.map((page) => server.times(`/movie/popular?page=${page}`))).toEqual(stored.map(() => 1));
    expect(server.mostConnections()).toBeLessThanOrEqual(20); // ten of the killed worker's, ten of the next one's

    const steps = await listSteps(database.pool, id);
    expect(steps.map(({ step }) => `${step.step} ${step.attempt} ${step.state}`)).toEqual([
      'fetch_tmdb_genres 1 success',
      'fetch_tmdb_pages 1 lost',
      'fetch_tmdb_pages 2 success',
      'fetch_tmdb_pages 1 success',
      'load_tmdb_list 1 success',
      'write_tmdb_popular 1 success',
    ]);
  });

  test('without a key fails at once, in words; with one that TMDB refuses too', async () => {
    server.reset();
    worker = await startWorker('');
    const keyless = await start('tmdbCollection', runId('tmdbCollection', 'keyless'));
    expect(await failureOf(keyless.result())).toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringMatching(/^TMDB needs a key, and TMDB_API_KEY is not set\. .*https:\/\/www\.themoviedb\.org\/settings\/api/),
    });
    await worker.end();
    worker = await startWorker('0'.repeat(32));
    const refused = await start('tmdbCollection', runId('tmdbCollection', 'refused'), { lists: ['top_rated'] });
    expect(await failureOf(refused.result())).toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('TMDB refused the key in TMDB_API_KEY'),
    });
    expect(server.asked).toHaveLength(1);
  });
});

describe('retention', () => {
  test('is scheduled daily by default', async () => {
    worker = await startWorker('');
    const schedule = await waitFor('the schedule', () => temporal.client.schedule.getHandle('tmdb-retention').describe());
    expect(schedule.action).toMatchObject({ workflowType: 'tmdbRetention', workflowId: 'tmdb-retention/tmdb-retention' });
    expect(schedule.spec.calendars).toMatchObject([{ comment: '30 2 * * *' }]);
  });

  test('erases what is too old also where TMDB cannot be asked, and fails with the reason', async () => {
    await database.pool.query(`update tmdb_movies set fetched_at = now() - interval '181 days'`);
    worker = await startWorker('0'.repeat(32));
    const handle = await start('tmdbRetention', runId('tmdbRetention', 'refused'));
    expect(await failureOf(handle.result())).toMatchObject({ message: expect.stringContaining('TMDB refused the key') });
    const { rows } = await database.pool.query(
      'select (select count(*) from tmdb_movies) as text, (select count(*) from movies) as titles',
    );
    expect(rows).toEqual([{ text: 0, titles: 0 }]);
  });
});
