import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunDetail } from '../../contracts/runs.ts';
import { scheduleSchema, type Schedule } from '../../contracts/schedules.ts';
import { startApiWithDoubles, type ApiWithDoubles } from '../support/apiWithDoubles.ts';
import { waitFor } from '../support/waitFor.ts';

let api: ApiWithDoubles['api'];
let temporal: ApiWithDoubles['temporal'];
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ api, temporal, stop } = await startApiWithDoubles());
});
afterAll(() => stop());

let id: string;
let made = 0;
beforeEach(async () => {
  id = `nightly-${(made += 1)}`;
  const { status } = await put({ workflow: 'movieDataCollection', cron: '0 3 * * *', note: 'at night' });
  expect(status).toBe(200);
});

const path = (action = '') => `/api/v1/schedules/${id}${action}`;
const put = (json: unknown) => api.call<Schedule>('PUT', path(), { json });
const show = async () => (await api.call<Schedule>('GET', path())).body;
const run = (runId: string) =>
  waitFor(`${runId} to succeed`, async () => {
    const { body } = await api.call<RunDetail>('GET', `/api/v1/runs/${runId}`);
    return body.state === 'success' ? body : undefined;
  });

describe('a schedule', () => {
  test('is shown as it was put, with its next runs', async () => {
    const schedule = await show();
    expect(scheduleSchema.parse(schedule)).toEqual(schedule);
    expect(schedule).toEqual({
      schedule_id: id,
      workflow: 'movieDataCollection',
      cron: ['0 3 * * *'],
      input: { source: 'movielens' },
      paused: false,
      note: 'at night',
      overlap: 'skip',
      catchup_window_s: 86_400,
      next_runs: expect.any(Array),
      recent_runs: [],
    });
    expect(schedule.next_runs.map((time) => time.slice(10))).toEqual(Array(5).fill('T03:00:00.000Z'));
  });

  test.each([
    ['as it was written, where the times are the same', { cronExpressions: ['0 3 * * MON-FRI # 0 3 * * MON-FRI'] }, ['0 3 * * MON-FRI']],
    ['by calendars', { calendars: [{ hour: 5, minute: [0, 30], dayOfWeek: { start: 'MONDAY', end: 'FRIDAY' } }] }, ['0,30 5 * * 1-5']],
    ['by intervals', { intervals: [{ every: '2 hours', offset: '10 minutes' }] }, ['@every 7200s/600s']],
  ] as const)('that was edited in Temporal is told with its times, %s', async (_how, spec, cron) => {
    await temporal.client.schedule.getHandle(id).update((before) => ({ ...before, spec: spec as never }));
    const schedule = await show();
    expect(scheduleSchema.parse(schedule)).toEqual(schedule);
    expect(schedule.cron).toEqual(cron);
    expect(schedule.next_runs.length).toBe(5);
  });

  test('put again becomes what was put, and stays one', async () => {
    const policies = { overlap: 'cancel_other', catchup_window_s: 3_600 };
    const changed = { workflow: 'movieTrainingPipeline', cron: '30 4 * * 0', paused: true, note: 'weekly', ...policies };
    const { body } = await put({ ...changed, input: { models: [{ kind: 'popularity' }], seed: 7 } });
    expect(body).toMatchObject({ ...changed, cron: ['30 4 * * 0'], input: { models: [{ kind: 'popularity' }], seed: 7 } });
    expect((await put({ ...changed, input: { models: [{ kind: 'popularity' }], seed: 7 } })).body).toEqual(body);
    const listed = await waitFor('the schedule in the list', async () => {
      const { body } = await api.call<{ schedules: Schedule[] }>('GET', '/api/v1/schedules');
      const found = body.schedules.filter(({ schedule_id }) => schedule_id === id);
      return found.length > 0 ? found : undefined;
    });
    expect(listed).toEqual([body]);
  });

  test('pauses and goes on, with the reason as its note', async () => {
    expect(await api.call('POST', path('/pause'), { json: { note: 'the disk is full' } })).toMatchObject({
      status: 200,
      body: { paused: true, note: 'the disk is full' },
    });
    expect((await api.call('POST', path('/unpause'))).body).toMatchObject({ paused: false });
  });

  test('triggered starts a run at once, which the ledger then has under the id that the schedule tells', async () => {
    expect((await api.call('POST', path('/trigger'))).status).toBe(202);
    const [recent] = await waitFor('a recent run', async () => {
      const { recent_runs } = await show();
      return recent_runs.length > 0 ? recent_runs : undefined;
    });
    expect(recent?.run_id).toMatch(new RegExp(`^collection/${id}-2\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$`));
    expect(await run(recent?.run_id ?? '')).toMatchObject({ workflow: 'movieDataCollection', started_by: 'temporal', result: { rows: 3 } });
  });

  test('is gone when it is deleted', async () => {
    expect(await api.call('DELETE', path())).toMatchObject({ status: 200, body: {} });
    for (const [method, action] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/pause'],
      ['POST', '/unpause'],
      ['POST', '/trigger'],
    ] as const) {
      expect(await api.call(method, path(action))).toMatchObject({ status: 404, body: { detail: `There is no schedule ${id}` } });
    }
  });
});

describe('what is wrong in a schedule is named', () => {
  test.each([
    [{ workflow: 'movieDataCollection', cron: '61 3 * * *' }, 'body.cron'],
    [{ workflow: 'movieDataCollection', cron: 'every night' }, 'body.cron'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * * # late' }, 'body.cron'],
    [{ workflow: 'nothing', cron: '0 3 * * *' }, 'body.workflow'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * *', input: { source: 'imdb' } }, 'body.input.source'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * *', overlap: 'both' }, 'body.overlap'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * *', catchup_window_s: 1 }, 'body.catchup_window_s'],
  ])('%j: %s', async (json, field) => {
    expect(await put(json)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    expect(await show()).toMatchObject({ cron: ['0 3 * * *'], workflow: 'movieDataCollection' });
  });

  test.each([
    [{ start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' }, 'body.end'], // ends before it starts
    [{ start: '2026-01-01T04:00:00Z', end: '2026-01-01T05:00:00Z' }, 'body.end'], // has no time in it
    [{ start: '1990-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' }, 'body.end'], // has more than are taken
    [{ start: 'yesterday', end: '2026-01-01T00:00:00Z' }, 'body.start'],
    [{ start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z', max_concurrent: 51 }, 'body.max_concurrent'],
  ])('a backfill of %j: %s', async (json, field) => {
    expect(await api.call('POST', path('/backfill'), { json })).toMatchObject({ status: 422, body: { errors: [{ field }] } });
  });
});
