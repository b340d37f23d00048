import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunDetail } from '../../contracts/runs.ts';
import { scheduleSchema, type Schedule } from '../../contracts/schedules.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
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
      timezone: 'UTC',
      input: { source: 'movielens' },
      paused: false,
      note: 'at night',
      overlap: 'skip',
      catchup_window_s: 86_400,
      next_runs: expect.any(Array),
      next_runs_local: expect.any(Array),
      recent_runs: [],
    });
    expect(schedule.next_runs.map((time) => time.slice(10))).toEqual(Array(5).fill('T03:00:00.000Z'));
    expect(schedule.next_runs_local.map((time) => time.slice(10))).toEqual(Array(5).fill('T03:00:00+00:00'));
  });

  test.each<[string, object, string[]]>([
    ['of a name', { cron: '@daily' }, ['@daily']],
    ['that comes every three months', { cron: '@quarterly' }, ['@quarterly']],
    ['of several lines', { cron: ['0 3 * * MON-FRI', '@every 2h/10m'] }, ['0 3 * * MON-FRI', '@every 7200s/600s']],
    ['by intervals', { intervals: [{ every_s: 3_600 }, { every_s: 7_200, offset_s: 60 }] }, ['@every 3600s', '@every 7200s/60s']],
    ['by calendars', { calendars: [{ hour: '5', minute: '0,30', day_of_week: 'MON-FRI' }] }, ['0,30 5 * * 1-5']],
    ['by calendars with seconds and years', { calendars: [{ second: '15', hour: '3', year: '2099' }] }, ['15 0 3 * * * 2099']],
  ])('%s is told with its times, and what is told can be put again', async (_how, times, cron) => {
    const { status, body } = await put({ workflow: 'movieDataCollection', ...times });
    expect({ status, cron: body.cron }).toEqual({ status: 200, cron });
    expect(body.next_runs.length).toBeGreaterThan(0);
    expect((await put({ workflow: 'movieDataCollection', cron: body.cron })).body).toMatchObject({ cron, next_runs: body.next_runs });
  });

  test('goes by the clocks of its time zone, in summer and in winter', async () => {
    const { body } = await put({ workflow: 'movieDataCollection', cron: ['0 3 * * *', '30 2 * * *'], timezone: 'europe/berlin' });
    expect(body).toMatchObject({ timezone: 'Europe/Berlin', cron: ['0 3 * * *', '30 2 * * *'] });
    expect(body.next_runs_local.map((time) => Date.parse(time))).toEqual(body.next_runs.map((time) => Date.parse(time)));
    expect(body.next_runs_local.every((time) => /T0(3:00|2:30):00\+0[12]:00$/.test(time))).toBe(true);
    const schedules = createTemporalSchedules(temporal.client);
    const timesOf = async (after: string, until: string) =>
      (await schedules.listTimes(id, { after: new Date(after), until: new Date(until) })).map((time) => time.toISOString().slice(0, 16));
    expect(await timesOf('2026-03-28T00:00Z', '2026-03-30T12:00Z')).toEqual([
      ...['2026-03-28T01:30', '2026-03-28T02:00'],
      '2026-03-29T01:00', // there is no half past two
      ...['2026-03-30T00:30', '2026-03-30T01:00'],
    ]);
    expect(await timesOf('2026-10-24T12:00Z', '2026-10-25T12:00Z')).toEqual(['2026-10-25T01:30', '2026-10-25T02:00']); // the second of two half past twos
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

  test.each(['ts/ü x', 'a/b/c?d#e', '%2F', '~', 'mine: 100 %'])(
    'that was made in Temporal as %s is read, paused, run and removed',
    async (own) => {
      await temporal.client.schedule.create({
        scheduleId: own,
        spec: { intervals: [{ every: '30 days' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'movieDataCollection',
          workflowId: `by hand ${own}`,
          taskQueue: 'nobody',
          args: [{}],
        },
      });
      const at = `/api/v1/schedules/${encodeURIComponent(own)}`;
      expect(await api.call('GET', at)).toMatchObject({ status: 200, body: { schedule_id: own } });
      expect(await api.call('POST', `${at}/pause`, { json: {} })).toMatchObject({ status: 200, body: { paused: true } });
      expect(await api.call('POST', `${at}/unpause`, { json: {} })).toMatchObject({ status: 200, body: { paused: false } });
      const now = Date.now();
      const span = { start: new Date(now).toISOString(), end: new Date(now + 40 * 86_400_000).toISOString() };
      expect(await api.call('POST', `${at}/backfill`, { json: span })).toMatchObject({ status: 202 });
      expect(await api.call('GET', `${at}/backfills`)).toMatchObject({ status: 200, body: { backfills: [{}] } });
      expect(await api.call('DELETE', at)).toMatchObject({ status: 200 });
      expect(await api.call('GET', at)).toMatchObject({ status: 404 });
    },
  );

  test('of an id that no schedule has is missing, whatever the id, and none is made under one that is not plain', async () => {
    for (const other of ['no/such', 'x'.repeat(1_000), 'ü'.repeat(1_000)]) {
      expect(await api.call('GET', `/api/v1/schedules/${encodeURIComponent(other)}`)).toMatchObject({ status: 404 });
    }
    const json = { workflow: 'movieDataCollection', cron: '@daily' };
    expect(await api.call('PUT', '/api/v1/schedules/ts%2Fx', { json })).toMatchObject({ status: 422 });
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
    [{ workflow: 'movieDataCollection', cron: ['0 3 * * *', '@once'] }, 'body.cron.1'],
    [{ workflow: 'movieDataCollection' }, 'body.cron'],
    [{ workflow: 'movieDataCollection', intervals: [{ every_s: 0 }] }, 'body.intervals.0.every_s'],
    [{ workflow: 'movieDataCollection', calendars: [{ month: '13' }] }, 'body.calendars.0.month'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * *', timezone: 'Seoul' }, 'body.timezone'],
    [{ workflow: 'movieDataCollection', cron: '0 3 * * *', timezone: '+09:00' }, 'body.timezone'],
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
    [{ start: '2026-02-30', end: '2026-03-01' }, 'body.start'],
    [{ start: '2026-02-01T00:00:00Z', end: '2026-02-30T00:00:00Z' }, 'body.end'],
    [{ start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z', max_concurrent: 51 }, 'body.max_concurrent'],
  ])('a backfill of %j: %s', async (json, field) => {
    const { status, body } = await api.call('POST', path('/backfill'), { json });
    expect({ status, fields: body.errors?.map((error) => error.field) }).toEqual({ status: 422, fields: [field] });
  });
});
