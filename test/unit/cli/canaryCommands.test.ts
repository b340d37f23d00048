import { describe, expect, test } from '@jest/globals';
import { canaryInputSchema, type Canary } from '../../../contracts/canary.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('canary');

const { stages, limits, alpha, max_minutes, check_seconds } = canaryInputSchema.parse({ model: 'ease', version: '7' });
const arm = (answers: number, faults: number) => ({ users: answers, answers, faults, latency_ms: 2.5 });
const CANARY: Canary = {
  ...{
    rollout_id: 'r',
    run_id: 'canary/default',
    route: 'default',
    model: 'ease',
    version: '7',
    champion: '6',
    state: 'running',
    paused: false,
  },
  ...{ reason: 'trained on more', stage: 2, plan: { stages, limits, alpha, max_minutes, check_seconds } },
  stages: [
    {
      ...{ stage: 1, share: 0.01, revision: 4, started_at: '2026-11-23T22:55:00.000Z', checked_at: '2026-11-23T23:05:00.000Z' },
      ...{ verdict: 'pass', reason: '10 of 10 minutes, 120 of 100 answers' },
      report: {
        minutes: 10,
        arms: { champion: arm(9_900, 1), canary: arm(120, 0) },
        comparisons: [{ metric: 'clicked', difference: 0.01, low: -0.1, high: 0.12 }],
        latency: { difference_ms: -1, low: -2, high: 0 },
      },
    },
    {
      ...{
        stage: 2,
        share: 0.1,
        revision: 5,
        started_at: '2026-11-23T23:05:01.000Z',
        checked_at: null,
        verdict: null,
        reason: '',
        report: null,
      },
    },
  ],
  ...{ started_at: '2026-11-23T22:55:00.000Z', ended_at: null },
};

describe('canary', () => {
  test('start: sends what was given, and leaves out what has a default', async () => {
    const started = { status: 202, body: { run_id: 'canary/trial', rollout_id: 'r' } };
    const args = [
      '--route',
      'trial',
      '--stage',
      '0.1:30:1000',
      '--stage',
      '1',
      '--error-share',
      '0.02',
      '--alpha',
      '0.01',
      '--reason',
      'more',
    ];
    const { out } = await ask(['start', 'ease', '7', ...args, '--max-minutes', '60', '--check-seconds', '5'], {
      'POST /api/v1/canaries': started,
    });
    expect(asked()).toEqual([
      [
        'POST /api/v1/canaries',
        {
          ...{ route: 'trial', model: 'ease', version: '7', stages: [{ share: 0.1, min_minutes: 30, min_answers: 1_000 }, { share: 1 }] },
          ...{ limits: { error_share: 0.02 }, alpha: 0.01, max_minutes: 60, check_seconds: 5, reason: 'more' },
        },
      ],
    ]);
    expect(out).toBe('canary/trial started; mlops canary show trial tells how it does\n');
    await ask(['start', 'ease', '7'], { 'POST /api/v1/canaries': started });
    expect(asked()).toEqual([['POST /api/v1/canaries', { route: 'default', model: 'ease', version: '7' }]]);
    for (const wrong of ['much', '0.1:x', '0.1:1:1:1'])
      expect(await ask(['start', 'ease', '7', '--stage', wrong])).toMatchObject({
        exitCode: 2,
        err: expect.stringContaining(`--stage ${wrong} is not`),
      });
  });

  test('list: a line a rollout, with how it stands', async () => {
    const canaries = [
      { ...CANARY, paused: true },
      { ...CANARY, state: 'rolled_back', stage: null, champion: null, reason: 'clicked is worse' },
    ];
    const { out } = await ask(['list', '--route', 'default'], { 'GET /api/v1/canaries': { body: { canaries } } });
    expect(asked()).toEqual([['GET /api/v1/canaries?limit=20&route=default', undefined]]);
    expect(cells(out).slice(0, 3)).toEqual([
      ['ROUTE', 'VERSION', 'AGAINST', 'STATE', 'STAGE', 'STARTED', 'WHY'],
      ['default', 'ease/7', '6', 'paused', '2 of 4, 10 %', '2026-11-23 22:55:00', 'trained on more'],
      ['default', 'ease/7', '-', 'rolled_back', '-', '2026-11-23 22:55:00', 'clicked is worse'],
    ]);
  });

  test('show: the figures of each stage', async () => {
    const { out } = await ask(['show'], { 'GET /api/v1/canaries/default': { body: CANARY } });
    expect(out).toContain('ease/7 on default, against 6: running, trained on more');
    expect(cells(out)).toContainEqual([
      '1',
      '1 %',
      '2026-11-23 22:55:00',
      '120',
      '0',
      '2.5',
      '9900',
      '1',
      '2.5',
      'pass',
      '10 of 10 minutes, 120 of 100 answers',
    ]);
  });

  test.each(['pause', 'resume', 'abort'])('%s: tells the rollout of a route', async (verb) => {
    const path = `POST /api/v1/canaries/trial/${verb}`;
    const more = verb === 'abort' ? ['--reason', 'the boss'] : [];
    const { exitCode } = await ask([verb, 'trial', ...more], { [path]: { status: 202, body: CANARY } });
    expect([exitCode, asked()]).toEqual([0, [[path, verb === 'abort' ? { reason: 'the boss' } : {}]]]);
  });
});

const scaling = askScriptedApi('scaling');
const SERVICE = {
  service: 'movie-api',
  state: 'raised',
  wanted_replicas: 4,
  reason: 'high',
  raised_at: '2026-11-23T22:55:00.000Z',
  last_sample_at: null,
};

test('scaling: what is wanted of each service, and the alerts of one', async () => {
  const all = await scaling.ask([], { 'GET /api/v1/scaling': { body: { services: [SERVICE] } } });
  expect(cells(all.out).slice(0, 2)).toEqual([
    ['SERVICE', 'STATE', 'WANTED', 'RAISED', 'LAST SAMPLE', 'WHY'],
    ['movie-api', 'raised', '4', '2026-11-23 22:55:00', '-', 'high'],
  ]);
  const alerts = [{ raised_at: '2026-11-23T22:55:00.000Z', resolved_at: null, wanted_replicas: 4, reason: 'high', resolved_reason: null }];
  const one = await scaling.ask(['movie-api'], { 'GET /api/v1/scaling/movie-api': { body: { ...SERVICE, alerts } } });
  expect(cells(one.out)).toContainEqual(['2026-11-23 22:55:00', '-', '4', 'high']);
});
