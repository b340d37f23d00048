import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRetentionActivities } from '../../activities/retention.ts';
import type { Kept } from '../../contracts/retention.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';

let database: TestDatabase;
let dataDir: string;
let api: TestApi;
beforeAll(async () => {
  [database, dataDir] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'mlops retention '))]);
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, servedKeptDays: 12 });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

test('log lines and rows that were set aside go when they are kept long enough, and the runs stay; the oldest that is left is told', async () => {
  const { pool } = database;
  await pool.query(`
    insert into runs (run_id, workflow, state, started_by) values ('training/a', 'movieTrainingPipeline', 'success', 'me');
    insert into run_steps (workflow_id, temporal_run_id, activity_id, attempt, run_id, step, queue, worker, state, started_at)
      values ('training/a', 't', '1', 1, 'training/a', 's', 'control', 'w', 'success', now());
    insert into run_step_logs (workflow_id, temporal_run_id, activity_id, attempt, line, logged_at, level, message)
      select 'training/a', 't', '1', 1, n, timestamptz '2026-01-31 00:00+00' - n * interval '1 day', 'info', 'm' from generate_series(0, 29) n`);
  const file = async (name: string, ageDays: number) => {
    const at = path.join(dataDir, 'processed', 'rejects', 'import', name, 'ratings.csv');
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, 'line\n');
    const time = new Date(Date.now() - ageDays * 86_400_000);
    await utimes(at, time, time);
    return at;
  };
  const [old, young] = [await file('old', 11), await file('young', 9)];
  const runLogsDays = (Date.now() - Date.parse('2026-01-20T12:00:00Z')) / 86_400_000;
  const config = { dataDir, retention: { healthDays: 7, outcomesDays: 400, runLogsDays, rejectsDays: 10, auditDays: 400 } };
  const remove = () => inActivity('retention/a', () => createRetentionActivities({ pool, config, log: silentLog }).removeExpired());

  expect(await remove()).toEqual({ run_logs: 19, rejects: 1, audit: 0 });
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  expect((await pool.query('select from run_steps')).rowCount).toBe(1);
  expect(await remove()).toEqual({ run_logs: 0, rejects: 0, audit: 0 });

  const { status, body } = await api.call<{ kept: Kept[] }>('GET', '/api/v1/retention');
  expect(status).toBe(200);
  const told = new Map(body.kept.map((kept) => [kept.name, kept]));
  expect(told.get('run_logs')).toMatchObject({ days: 180, setting: 'RUN_LOGS_KEPT_DAYS', oldest: '2026-01-21T00:00:00.000Z' });
  expect(told.get('served_answers')).toMatchObject({ days: 12, setting: 'SERVED_KEPT_DAYS', oldest: null });
  expect([...told.keys()]).toEqual(expect.arrayContaining(['rejects', 'blobs', 'backups', 'topics', 'histories', 'logs', 'raw_tmdb']));
});
