import { afterEach, describe, expect, test } from '@jest/globals';
import type { BackfillProgress, Schedule } from '../../../contracts/schedules.ts';
import { problem, startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';
import { aRunDetail } from './runs.ts';

let server: Awaited<ReturnType<typeof startApiServer>>;
afterEach(() => server.close());

async function ask(args: readonly string[], script: Record<string, Answer | Answer[]>) {
  server = await startApiServer(script);
  return invoke(['schedules', ...args, '--api', server.url]);
}
const calls = () => server.received.map(({ method, url, body }) => [method, url, body]);

const NIGHTLY: Schedule = {
  schedule_id: 'nightly',
  workflow: 'movieDataCollection',
  cron: ['0 3 * * *'],
  timezone: 'Asia/Seoul',
  input: {},
  paused: false,
  note: '',
  overlap: 'skip',
  catchup_window_s: 86_400,
  next_runs: ['2026-11-25T18:00:00.000Z'],
  next_runs_local: ['2026-11-26T03:00:00+09:00'],
  recent_runs: [{ run_id: 'collection/nightly-2026-11-24T18:00:00Z', scheduled_at: '2026-11-24T18:00:00.000Z' }],
};
const AT = '/api/v1/schedules/nightly';

test('list shows each with its next and latest run', async () => {
  const { out } = await ask(['list'], { 'GET /api/v1/schedules': { body: { schedules: [NIGHTLY] } } });
  expect(out).toBe(
    [
      'SCHEDULE  WORKFLOW             CRON       ZONE        STATE   OVERLAP  NEXT                 IN ITS ZONE                LATEST RUN',
      'nightly   movieDataCollection  0 3 * * *  Asia/Seoul  active  skip     2026-11-25 18:00:00  2026-11-26 03:00:00+09:00  collection/nightly-2026-11-24T18:00:00Z',
      '',
    ].join('\n'),
  );
});

test('one that goes by UTC has no time in another zone beside', async () => {
  const ofUtc = { ...NIGHTLY, timezone: 'UTC', next_runs_local: ['2026-11-25T18:00:00+00:00'] };
  const { out } = await ask(['list'], { 'GET /api/v1/schedules': { body: { schedules: [ofUtc] } } });
  expect(out).toContain('2026-11-25 18:00:00               collection');
});

test('a person reads times by their own clocks, and which those are', async () => {
  const script = { 'GET /api/v1/schedules': { body: { schedules: [NIGHTLY] } }, [`PUT ${AT}`]: { body: NIGHTLY } };
  server = await startApiServer(script);
  const inBerlin = (...args: string[]) => invoke(['schedules', ...args, '--api', server.url], { timeZone: 'Europe/Berlin' });
  expect((await inBerlin('list')).out).toMatch(/ 2026-11-25 19:00:00 .*\n\(times in Europe\/Berlin\)\n$/);
  expect((await inBerlin('create', 'nightly', 'movieDataCollection', '--cron', '0 3 * * *')).out).toBe(
    'nightly runs movieDataCollection next at 2026-11-25 19:00:00, 2026-11-26 03:00:00+09:00 in Asia/Seoul.\n(times in Europe/Berlin)\n',
  );
});

test('create takes lines, intervals, calendars and a time zone', async () => {
  const times = [
    '--cron',
    '@daily',
    '--cron',
    '0 12 * * *',
    '--every',
    '2h/10m',
    '--calendar',
    '{"hour":"5","day_of_week":"FRI"}',
    '--timezone',
    'Asia/Seoul',
  ];
  await ask(['create', 'nightly', 'movieDataCollection', ...times], { [`PUT ${AT}`]: { body: NIGHTLY } });
  expect(calls()[0]?.[2]).toEqual({
    workflow: 'movieDataCollection',
    cron: ['@daily', '0 12 * * *'],
    intervals: [{ every_s: 7_200, offset_s: 600 }],
    calendars: [{ hour: '5', day_of_week: 'FRI' }],
    timezone: 'Asia/Seoul',
  });
});

test.each([
  [['--every', 'soon'], '--every soon is no interval such as 30m, 2h or 2h/10m'],
  [['--calendar', '{hour}'], '--calendar {hour} is not JSON'],
])('create with %j: exit 2 with what is wrong, without a call', async (args, words) => {
  expect(await ask(['create', 'nightly', 'movieDataCollection', ...args], {})).toMatchObject({ exitCode: 2, err: `${words}\n` });
  expect(calls()).toEqual([]);
});

test('create sends what was asked for and no more', async () => {
  const asked = ['--cron', '0 3 * * *', '--input', '{"source":"movielens"}', '--overlap', 'buffer_one', '--catchup', '3600'];
  const { out } = await ask(['create', 'nightly', 'movieDataCollection', ...asked], { [`PUT ${AT}`]: { body: NIGHTLY } });
  expect(out).toBe('nightly runs movieDataCollection next at 2026-11-25 18:00:00, 2026-11-26 03:00:00+09:00 in Asia/Seoul.\n');
  const input = { source: 'movielens' };
  expect(calls()).toEqual([
    ['PUT', AT, { workflow: 'movieDataCollection', cron: ['0 3 * * *'], input, overlap: 'buffer_one', catchup_window_s: 3600 }],
  ]);
});

test.each([
  [['pause', 'nightly', '--note', 'too hot'], ['POST', `${AT}/pause`, { note: 'too hot' }], 'nightly is paused.\n'],
  [['unpause', 'nightly'], ['POST', `${AT}/unpause`, {}], 'nightly goes on.\n'],
  [['trigger', 'nightly'], ['POST', `${AT}/trigger`, {}], 'nightly has been triggered.\n'],
  [['delete', 'nightly'], ['DELETE', AT, undefined], 'nightly is gone.\n'],
])('%j', async (args, call, said) => {
  const { exitCode, out } = await ask(args, {
    [`${call[0] as string} ${call[1] as string}`]: { body: args[0] === 'delete' ? {} : NIGHTLY },
  });
  expect({ exitCode, out, calls: calls() }).toEqual({ exitCode: 0, out: said, calls: [call] });
});

describe('backfill', () => {
  const RUN = aRunDetail({ run_id: 'backfill/b', workflow: 'scheduleBackfill', state: 'queued' });
  const at = (state: BackfillProgress['state'], succeeded: number, failed: number): BackfillProgress => ({
    run_id: 'backfill/b',
    state,
    error: null,
    created_at: '2026-11-25T00:00:00.000Z',
    ended_at: null,
    start: '2026-01-01T00:00:00.000Z',
    end: '2026-01-04T00:00:00.000Z',
    max_concurrent: 2,
    times: 3,
    running: 3 - succeeded - failed,
    succeeded,
    failed,
    already_run: state === 'success' ? 0 : null,
  });
  const script = (...seen: BackfillProgress[]) => ({
    [`POST ${AT}/backfill`]: { status: 202, body: RUN },
    [`GET ${AT}/backfills`]: seen.map((one) => ({ body: { backfills: [one] } })),
  });
  const SPAN = ['--start', '2026-01-01', '--end', '2026-01-04', '--max', '2'];

  test('shows how far it has come, and what came of it', async () => {
    const seen = script(at('running', 1, 0), at('success', 3, 0));
    expect(await ask(['backfill', 'nightly', ...SPAN], seen)).toEqual({
      exitCode: 0,
      out: 'backfill/b success: 3 succeeded, 0 failed, 0 were run before\n',
      err: 'backfill/b has started; Ctrl-C leaves it running\n  1 of 3 done, 2 running, 0 failed\n  3 of 3 done, 0 running, 0 failed\n',
    });
    const span = { start: '2026-01-01T00:00:00.000Z', end: '2026-01-04T00:00:00.000Z' };
    expect(calls()[0]).toEqual(['POST', `${AT}/backfill`, { ...span, max_concurrent: 2, reprocess: 'none' }]);
  });

  test('of which a run failed: exit 1', async () => {
    expect(await ask(['backfill', 'nightly', ...SPAN], script(at('success', 2, 1)))).toMatchObject({ exitCode: 1 });
  });

  test('that is not waited for: its id', async () => {
    const { out } = await ask(['backfill', 'nightly', ...SPAN, '--no-wait'], script());
    expect(out).toBe('backfill/b has started; `mlops show backfill/b` tells how it goes.\n');
  });

  test('of no time: exit 2 without a call; of no schedule: the words of the API', async () => {
    for (const [start, end, words] of [
      ['soon', '2026-01-04', '--start soon is no time'],
      ['2026-01-01', '2026-02-30', '--end 2026-02-30 is no time'],
    ] as const) {
      expect(await ask(['backfill', 'nightly', '--start', start, '--end', end], {})).toMatchObject({
        exitCode: 2,
        out: '',
        err: expect.stringContaining(words),
      });
      expect(calls()).toEqual([]);
      await server.close();
    }
    const answer = { status: 404, body: problem(404, 'Not found', 'There is no schedule nightly') };
    expect(await ask(['backfill', 'nightly', ...SPAN], { [`POST ${AT}/backfill`]: answer })).toMatchObject({ exitCode: 1 });
  });
});
