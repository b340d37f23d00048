import type { RecommendationTrace } from '../../../contracts/served.ts';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problem, startApiServer, type Answer } from './apiServer.ts';
import { runIdOf, runParamsOf } from '../../../contracts/endpoints/runParams.ts';
import type { StackControl } from '../../../cli/session.ts';
import { invoke } from './invoke.ts';
import { aRun, aRunDetail, aStep } from './runs.ts';

let server: Awaited<ReturnType<typeof startApiServer>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(args: readonly string[], script: Record<string, Answer | Answer[]>, options = {}) {
  server = await startApiServer(script);
  return invoke([...args, '--api', server.url], options);
}
const urls = () => server?.received.map(({ method, url }) => `${method} ${url}`);

describe('runs', () => {
  const DONE = aRun({ state: 'success', ended_at: '2026-11-23T22:58:06.000Z' });
  const PAGE = {
    runs: [DONE, aRun({ run_id: 'collection/b', state: 'failed', error: 'two\nlines', ended_at: '2026-11-23T22:55:01.400Z' })],
    next_cursor: null,
  };

  test('lists them as a plain table', async () => {
    const { out } = await ask(['runs', '--state', 'failed', '--limit', '5'], { 'GET /api/v1/runs': { body: PAGE } });
    expect(urls()).toEqual(['GET /api/v1/runs?state=failed&limit=5']);
    expect(out).toBe(
      [
        'RUN           STATE    STARTED                  TOOK  BY     ERROR',
        'training/a1   success  2026-11-23 22:55:01  3 m 05 s  local',
        'collection/b  failed   2026-11-23 22:55:01     0.4 s  local  two lines',
        '',
      ].join('\n'),
    );
  });

  test('colours states on a terminal alone', async () => {
    const { out } = await ask(['runs'], { 'GET /api/v1/runs': { body: PAGE } }, { colour: true });
    expect(out).toContain('\u001b[32msuccess\u001b[0m');
  });

  test('says that there is none', async () => {
    expect(await ask(['runs'], { 'GET /api/v1/runs': { body: { runs: [], next_cursor: null } } })).toMatchObject({
      exitCode: 0,
      out: 'No runs.\n',
    });
  });

  test('--json is the answer as it came', async () => {
    const { out } = await ask(['runs', '--json'], { 'GET /api/v1/runs': { body: PAGE } });
    expect(JSON.parse(out)).toEqual(PAGE);
  });
});

test('models: the newest versions with aliases, verdict, metric and the page of the evaluation', async () => {
  const version = {
    name: 'neural_cf',
    version: '2',
    source: 'blob:a',
    registry_run_id: 'r',
    stage: 'None',
    status: 'READY',
    description: '',
    gate: { passed: true, rules: [] },
    origin: null,
    tags: {},
    aliases: ['champion'],
    metrics: { full_ndcg_at_10: 0.4687 },
    created_at: '2026-11-23T22:55:00.000Z',
    updated_at: '2026-11-23T22:55:00.000Z',
  };
  const mine = { ...version, name: 'mine', version: '1', gate: null, aliases: [], metrics: {} };
  const model = { description: '', tags: {}, aliases: {}, created_at: version.created_at, updated_at: version.created_at };
  const models = [version, mine].map((latest) => ({ ...model, name: latest.name, latest_versions: [latest] }));
  const { out } = await ask(['models'], { 'GET /api/v1/models': { body: { models } } });
  const report = `${server!.url}/api/v1/models/neural_cf/versions/2/report.html`;
  expect(out.split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
    ['MODEL', 'VERSION', 'ALIASES', 'STAGE', 'GATE', 'METRIC', 'REPORT'],
    ['neural_cf', '2', 'champion', 'None', 'passed', 'full_ndcg_at_10 0.4687', report],
    ['mine', '1', 'None', 'not judged'],
    [''],
  ]);
});

describe('models', () => {
  const version = {
    name: 'ease',
    version: '3',
    source: 'blob:trained/ease/ab',
    registry_run_id: 'r',
    stage: 'None',
    status: 'READY',
    description: '',
    gate: { passed: false, rules: [{ rule: 'slices_hold', passed: false, value: 1, bound: 2, detail: 'tail lost' }] },
    origin: 'training/a1/ease',
    tags: {},
    aliases: ['challenger'],
    metrics: { full_ndcg_at_10: 0.21 },
    created_at: '2026-11-23T22:55:00.000Z',
    updated_at: '2026-11-23T22:55:00.000Z',
    params: { l2: '250' },
    run_tags: { snapshot_id: 'abc', data_sets: 'ml-1m', parameters: '1200', code_version: '0.4.0' },
  };

  test('show the newest versions of one, as many as asked for, and say where there are older ones', async () => {
    const model = { name: 'ease', description: '', tags: {}, aliases: {}, created_at: version.created_at, updated_at: version.updated_at };
    const body = { ...model, latest_versions: [version], versions: [version], next_cursor: '3' };
    const { out } = await ask(['models', 'show', 'ease', '--limit', '1'], { 'GET /api/v1/models/ease': { body } });
    expect(urls()).toEqual(['GET /api/v1/models/ease?limit=1']);
    expect(out).toMatch(/^ease +3 /m);
    expect(out).toContain('There are older versions; --limit shows more.');
  });

  test('show one version: hyper-parameters, what it was made of, and why it is no champion', async () => {
    const { out } = await ask(['models', 'show', 'ease', '3'], { 'GET /api/v1/models/ease/versions/3': { body: version } });
    for (const line of [
      '  l2 250',
      '  data_sets ml-1m',
      '  parameters 1200',
      '  code_version 0.4.0',
      '  slices_hold tail lost',
      '  full_ndcg_at_10 0.21',
    ])
      expect(out.split('\n')).toContain(line);
    expect(out).toContain('ease 3 (challenger), registered 2026-11-23 22:55:00 by training/a1/ease');
  });

  test('kinds lists them', async () => {
    expect((await ask(['models', 'kinds'], {})).out.split('\n')).toEqual(expect.arrayContaining(['ease', 'neural_cf']));
  });

  test('kinds lists the hyper-parameters of one, with their ranges and defaults', async () => {
    const { out } = await ask(['models', 'kinds', 'neural_cf'], {});
    const rows = out.split('\n').map((line) => line.trim().split(/\s{2,}/));
    expect(rows).toContainEqual(expect.arrayContaining(['dropout', 'number 0 to below 1', '0.3']));
    expect(rows).toContainEqual(expect.arrayContaining(['objective', 'ranking or rating', '"ranking"']));
    expect(rows).toContainEqual(expect.arrayContaining(['hidden_units', 'list of integer 4 to 1024', '[128,64,32]']));
  });

  test('kinds of what is no kind says which there are', async () => {
    const { exitCode, err } = await ask(['models', 'kinds', 'easy'], {});
    expect([exitCode, err]).toEqual([2, expect.stringContaining('easy is no kind of model; there are ')]);
  });
});

describe('show', () => {
  test('every attempt with its state, time and detail', async () => {
    const steps = [
      aStep({ state: 'lost', ended_at: '2026-11-23T22:55:10.000Z', error: 'worker died' }),
      aStep({ attempt: 2, state: 'running', ended_at: '2026-11-23T22:55:12.000Z', progress: { page: 3, pages: 9 } }),
    ];
    const run = aRunDetail({ state: 'failed', ended_at: '2026-11-23T22:56:01.000Z', error: 'Why: so', steps });
    const { out } = await ask(['show', 'training/a1'], { 'GET /api/v1/runs/training/a1': { body: run } });
    expect(out).toBe(
      [
        'training/a1  failed  1 m 00 s',
        'started 2026-11-23 22:55:01 by local, ended 2026-11-23 22:56:01',
        'input   {"seed":7}',
        'error   Why: so',
        '',
        'STEP               OF         ATTEMPT  STATE    STARTED                TOOK  DETAIL',
        'train_movie_model  neural_cf        1  lost     2026-11-23 22:55:02   8.0 s  worker died',
        'train_movie_model  neural_cf        2  running  2026-11-23 22:55:02  10.0 s  page 3, pages 9',
        '',
      ].join('\n'),
    );
  });

  test('a sweep as a table, the best trial first, with what differs between them', async () => {
    const trial = (nth: number, value: number | null, l2: number) => ({
      trial: nth,
      state: value === null ? 'failed' : 'finished',
      spec: { kind: 'ease', l2 },
      outcome: value === null ? null : { value, epochs: null, trained_epochs: null, metrics: {}, checks: [], train_ms: 1 },
      error: value === null ? 'out of memory' : null,
      registry_run_id: 'r',
    });
    const result = {
      dataset: { snapshot_id: 'ab', uri: 'blob:s', interactions: 3, users: 2, movies: 1 },
      registry_run_id: 'r',
      metric: 'full_ndcg_at_10',
      better: 'higher',
      best: { trial: 2, value: 0.3, spec: { kind: 'ease', l2: 250 } },
      trials: [trial(0, null, 1), trial(1, 0.2, 100), trial(2, 0.3, 250)],
    };
    const run = aRunDetail({ run_id: 'sweep/a', state: 'success', steps: [], result });
    const { out } = await ask(['show', 'sweep/a'], { 'GET /api/v1/runs/sweep/a': { body: run } });
    const shown = out.slice(out.indexOf('tried on')).trimEnd().split('\n');
    expect(shown.map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ['tried on 3 interactions of 2 users with 1 movies'],
      ['TRIAL', 'STATE', 'VALIDATION full_ndcg_at_10', 'EPOCHS', 'TRIED'],
      ['2', 'finished', '0.3', 'l2 250'],
      ['1', 'finished', '0.2', 'l2 100'],
      ['0', 'failed', 'out of memory'],
      ['best: trial 2, {"kind":"ease","l2":250}'],
    ]);
  });

  test('what a run under way does and waits for, its parts too', async () => {
    const state = { doing: [], waits: [], paused: false, next: null };
    const now = [
      { ...state, subject: null, says: 'movieModelTraining neural_cf; next mark_winner' },
      { ...state, subject: 'neural_cf', says: 'waits for room until 2026-11-23 22:56:00; next train_movie_model' },
    ];
    const steps = [aStep({ progress: { waits_for: 'room on the training worker', before: 2 } })];
    const { out } = await ask(['show', 'training/a1'], { 'GET /api/v1/runs/training/a1': { body: aRunDetail({ now, steps }) } });
    expect(out).toContain(
      [
        'input   {"seed":7}',
        'now     movieModelTraining neural_cf; next mark_winner',
        'now     neural_cf: waits for room until 2026-11-23 22:56:00; next train_movie_model',
        '',
      ].join('\n'),
    );
    expect(out).toContain('waits for room on the training worker, 2 before it\n');
  });

  test('--logs: the lines of its steps', async () => {
    const line = {
      step: 'stage_set',
      subject: null,
      attempt: 2,
      line: 1,
      logged_at: '2026-11-23T22:55:02.000Z',
      level: 'info',
      message: 'step started',
      fields: {},
    };
    const { out } = await ask(['show', 'collection/b', '--logs'], { 'GET /api/v1/runs/collection/b/logs': { body: { lines: [line] } } });
    expect(out).toBe('2026-11-23 22:55:02 info  stage_set attempt 2: step started\n');
  });

  test('--follow: exit 1 when the run has failed', async () => {
    const run = aRunDetail({ state: 'cancelled', ended_at: '2026-11-23T22:56:01.000Z' });
    expect(await ask(['show', 'training/a1', '-f'], { 'GET /api/v1/runs/training/a1': { body: run } })).toMatchObject({ exitCode: 1 });
  });

  test('no id at all is refused before anything is asked', async () => {
    const { exitCode, err } = await ask(['show', ''], {});
    expect({ exitCode, err, urls: urls() }).toEqual({ exitCode: 2, err: expect.stringContaining('is no run id'), urls: [] });
  });

  test.each([
    ['ui-1', '/api/v1/runs/~/ui-1'],
    ['mine/of two/100%', '/api/v1/runs/mine/of%20two%2F100%25'],
    ['/mine', '/api/v1/runs/~/%2Fmine'],
    ['training/..', '/api/v1/runs/~/training%2F..'],
    ['a b?#', '/api/v1/runs/~/a%20b%3F%23'],
    ['~/a', '/api/v1/runs/~/~%2Fa'],
    ['.', '/api/v1/runs/~~/.~'],
    ['..', '/api/v1/runs/~~/..~'],
    ['..~', '/api/v1/runs/~/..~'],
    ['~~', '/api/v1/runs/~/~~'],
    ['~~/..~', '/api/v1/runs/~/~~%2F..~'],
  ])('a run under the id %s, which somebody chose in Temporal, is at %s', async (id, url) => {
    const { exitCode } = await ask(['show', id], { [`GET ${url}`]: { body: aRunDetail({ run_id: id }) } });
    expect({ exitCode, urls: urls() }).toEqual({ exitCode: 0, urls: [`GET ${url}`] });
    expect(runIdOf(runParamsOf(id))).toBe(id);
  });

  test('an unknown run: what the API says, exit 1', async () => {
    const answer = { status: 404, body: problem(404, 'Not found', 'There is no run training/zz') };
    expect(await ask(['show', 'training/zz'], { 'GET /api/v1/runs/training/zz': answer })).toEqual({
      exitCode: 1,
      out: '',
      err: 'Not found: There is no run training/zz\n',
    });
  });
});

test('retry sets a run back to a step, of one model or part where that is said', async () => {
  const path = 'POST /api/v1/runs/training/a1/retry';
  const { out } = await ask(['retry', 'training/a1', 'train_movie_model', '--subject', 'ials'], { [path]: { status: 202, body: aRun() } });
  expect(urls()).toEqual([path]);
  expect(out).toBe('training/a1 goes on from train_movie_model.\n');
});

test('cancel asks for it', async () => {
  const { out } = await ask(['cancel', 'training/a1'], { 'POST /api/v1/runs/training/a1/cancel': { status: 202, body: aRun() } });
  expect(urls()).toEqual(['POST /api/v1/runs/training/a1/cancel']);
  expect(out).toBe('training/a1 has been asked to stop.\n');
});

describe('recommend', () => {
  const ANSWER = {
    recommendation_id: '019ad0a0-0000-7000-8000-000000000000',
    user_id: 'ml-1m:17',
    route: 'trial',
    variant: 'new',
    model: { name: 'neural_cf', version: '3' },
    recommendations: [
      {
        ...{
          movie_id: '1',
          title: 'Toy Story',
          genres: ['Adventure', 'Animation'],
          release_year: 1995,
          poster_url: null,
          score: 0.912_345,
        },
        reason: { kind: 'chosen' as const, movie_id: '2', title: 'Jumanji' },
      },
    ],
  };

  test('who recommends, and what', async () => {
    const { out } = await ask(['recommend', 'ml-1m:17', '-k', '1'], { 'GET /api/v1/recommendations': { body: ANSWER } });
    expect(urls()).toEqual(['GET /api/v1/recommendations?user_id=ml-1m%3A17&k=1']);
    expect(out).toBe(
      [
        'For ml-1m:17, by neural_cf version 3',
        '#  MOVIE  TITLE      GENRES                 SCORE  WHY',
        '1      1  Toy Story  Adventure, Animation  0.9123  because you chose Jumanji',
        `mlops trace ${ANSWER.recommendation_id} tells what made it`,
        '',
      ].join('\n'),
    );
  });

  test('what made an answer', async () => {
    const trace: RecommendationTrace = {
      ...{ recommendation_id: ANSWER.recommendation_id, served_at: '2026-11-23T22:55:00.000Z', kept_until: '2026-12-03T22:55:00.000Z' },
      ...{ user_id: 'u1', route: 'trial', revision: 2, variant: 'new', assignment: 'user', propensity: 0.1 },
      model: { name: 'ease', version: '3' },
      made_by: {
        registry_run_id: 'r',
        origin: 'training/a1/ease',
        snapshot_id: 'abc',
        data_sets: ['movielens'],
        gate: { passed: true, rules: [] },
      },
      recommendations: [{ movie_id: '1', title: 'Toy Story', score: 1 }],
      excluded: { seen: 2, seen_from: 'database' },
      ordering: { filter: { genres: ['Comedy'] }, hidden: 3 },
      ...{ duration_ms: 1.5, faults: [] },
      history: { movies: ['7', '9'], length: 2, disliked: [] },
      shadows: [{ variant: 'next', model: { name: 'ials', version: '1' }, recommendations: [{ movie_id: '4', score: 1 }] }],
    };
    const { out } = await ask(['trace', trace.recommendation_id], {
      [`GET /api/v1/recommendations/${trace.recommendation_id}`]: { body: trace },
    });
    expect(out.split('\n').slice(0, -1)).toEqual([
      'served    2026-11-23 22:55:00, kept until 2026-12-03 22:55:00',
      'user      u1',
      'route     trial revision 2, variant new (10.0 % of the users), chosen by a hash of the user',
      'model     ease version 3; the gate passed it',
      'made by   training/a1/ease',
      'data      movielens; snapshot abc',
      'left out  2 seen movies (database)',
      'order     filter {"genres":["Comedy"]}, hidden 3',
      'history   2 movies, the latest 7, 9',
      'answer    Toy Story',
      'shadow    next, ials version 1: 4',
    ]);
  });

  test('--with-seen asks for what was seen too', async () => {
    await ask(['recommend', '1', '--with-seen'], { 'GET /api/v1/recommendations': { body: ANSWER } });
    expect(urls()).toEqual(['GET /api/v1/recommendations?user_id=1&exclude_seen=false']);
  });

  test('on which route and variant, where one was asked for', async () => {
    const args = ['recommend', 'ml-1m:17', '--route', 'trial', '--variant', 'new'];
    const { out } = await ask(args, { 'GET /api/v1/recommendations': { body: ANSWER } });
    expect(urls()).toEqual(['GET /api/v1/recommendations?user_id=ml-1m%3A17&route=trial&variant=new']);
    expect(out).toContain('For ml-1m:17, by neural_cf version 3 (route trial, variant new)');
  });

  test.each(['0', '-1', 'ten', '1e9'])('-k %s is for the API to judge', async (k) => {
    const refusal = problem(422, 'Validation failed', 'k', [{ field: 'query.k', message: 'not good' }]);
    const { exitCode, err } = await ask(['recommend', '1', '-k', k], { 'GET /api/v1/recommendations': { status: 422, body: refusal } });
    expect(urls()).toEqual([`GET /api/v1/recommendations?user_id=1&k=${k}`]);
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: 'k: not good\n' });
  });
});

describe('what cannot be used: exit 2', () => {
  test('nothing answers: the address and how to start', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
    await new Promise((resolve) => free.close(resolve));
    const { exitCode, out, err } = await invoke(['runs'], { env: { MLOPS_API_URL: url } });
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toBe(`No API answers at ${url} (ECONNREFUSED). Start the platform with \`npm start\`, or name another with --api.\n`);
    const json = await invoke(['runs', '--json', '--api', url]);
    expect(JSON.parse(json.out)).toMatchObject({ title: 'Unusable', detail: expect.stringContaining(url) });
  });

  test('nothing answers, and the stack of this folder runs on other ports: where, and what to set', async () => {
    const row = { kind: 'process', state: 'running', pid: 1, uptime_s: 1, rss_mb: 1, restarts: 0 } as const;
    const told = async (ports: Record<string, number>, args: string[] = []) => {
      const rows = Object.entries(ports).map(([name, port]) => ({ ...row, name, port }));
      const stack = { readStatus: async () => rows } as unknown as StackControl;
      const { exitCode, err } = await invoke(['runs', ...args], { env: { API_PORT: '1' }, stack });
      expect(exitCode).toBe(2);
      return err.replace(/^No API answers at http:\/\/127\.0\.0\.1:1 \([\w ]+\)\. /, '').trim();
    };
    const at = 'The stack of this folder runs at http://127.0.0.1:29000: set';
    expect(await told({ api: 29_000, postgres: 26_432 })).toBe(`${at} PORT_OFFSET=21000 in .env, or use --api http://127.0.0.1:29000`);
    expect(await told({ api: 29_000, postgres: 5432 })).toBe(`${at} API_PORT=29000 in .env, or use --api http://127.0.0.1:29000`);
    const usual = 'Start the platform with `npm start`, or name another with --api.';
    expect(await told({ api: 1 })).toBe(usual);
    expect(await told({})).toBe(usual);
    expect(await told({ api: 29_000 }, ['--api', 'http://127.0.0.1:1'])).toBe(usual);
  });

  test('something else answers there', async () => {
    expect(await ask(['runs'], { 'GET /api/v1/runs': { body: { hello: 'world' } } })).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("is it this version's API?"),
    });
  });

  test.each([[['recommend']], [['nope']], [['runs', '--nope']], [['runs', '--api', 'localhost:8000']]])('%j', async (args) => {
    expect(await invoke(args)).toMatchObject({ exitCode: 2, out: '' });
  });

  test('a wrong configuration: every wrong value', async () => {
    expect(await invoke(['runs'], { env: { API_PORT: 'x', LOG_LEVEL: 'loud' } })).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/API_PORT[^]*LOG_LEVEL/),
    });
  });
});

test('--version says which it is', async () => {
  expect(await invoke(['--version'])).toEqual({ exitCode: 0, out: '1.2.3\n', err: '' });
});

test('--help names the commands and the exit codes', async () => {
  const { exitCode, out } = await invoke(['--help']);
  expect(exitCode).toBe(0);
  for (const name of ['up', 'down', 'status', 'logs', 'doctor', 'collect', 'train', 'runs', 'show', 'cancel', 'recommend'])
    expect(out).toContain(`  ${name} `);
  expect(out).toContain('Exit codes: 0 done');
});

test.each(['train', 'run', 'collect', 'evaluate'])('%s --help shows no default that nobody would type', async (command) => {
  expect((await invoke([command, '--help'])).out).not.toMatch(/default:\s+(\{|\[)/);
});
