import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StackControl } from '../../../cli/session.ts';
import type { StatusRow } from '../../../deploy/local/stack/control.ts';
import type { SystemCheck } from '../../../contracts/systemCheck.ts';
import { StartError } from '../../../deploy/local/supervision/startError.ts';
import { startApiServer } from './apiServer.ts';
import { invoke } from './invoke.ts';
import { aRun, aRunDetail } from './runs.ts';
import { cells } from './scriptedApi.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const API: StatusRow = { name: 'api', kind: 'process', state: 'running', pid: 41, port: 8000, uptime_s: 3_900, rss_mb: 120, restarts: 1 };
const KAFKA: StatusRow = { name: 'kafka', kind: 'engine', state: 'dead', pid: null, port: 9092, uptime_s: null, rss_mb: null, restarts: 0 };

/** Nothing listens on port 1. */
const NOWHERE = 'http://127.0.0.1:1';

const aStack = (overrides: Partial<StackControl> = {}): StackControl => ({
  start: async () => 0,
  readStatus: async () => [API],
  lookAtQueues: async () => [],
  stopStack: async () => true,
  runCheck: async () => [],
  runDoctor: async () => [],
  logFile: (config, name) => path.join(config.stateDir, 'logs', `${name}.log`),
  followLog: async () => undefined,
  ...overrides,
});
const invokeWith = (args: string[], stack: Partial<StackControl> = {}) =>
  invoke(args, { stack: aStack(stack), env: { STATE_DIR: folder, MLOPS_API_URL: NOWHERE } });

describe('status', () => {
  test('each process and engine, and the memory of all', async () => {
    expect(await invokeWith(['status'])).toEqual({
      exitCode: 0,
      err: '',
      out: [
        'NAME  KIND     STATE    PID  PORT    UPTIME  RESTARTS  MEMORY',
        'api   process  running   41  8000  1 h 05 m         1  120 MB',
        '120 MB in all',
        '',
      ].join('\n'),
    });
  });

  test('exit 1 when one is not up', async () => {
    expect(await invokeWith(['status'], { readStatus: async () => [API, KAFKA] })).toMatchObject({ exitCode: 1 });
  });

  test('exit 1 and how to start when nothing runs', async () => {
    expect(await invokeWith(['status'], { readStatus: async () => [] })).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('npm start'),
    });
  });

  test('runs that wait on a queue which nobody polls', async () => {
    const waiting = 'ui-1 waits on the task queue kontrol, which nobody polls';
    expect(await invokeWith(['status'], { lookAtQueues: async () => [waiting] })).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining(`120 MB in all\n${waiting}\n`),
    });
  });

  test('what the runs under way do', async () => {
    const now = [
      { doing: [], waits: [], paused: false, next: null, subject: null, says: 'cools down until 2026-11-29 14:20:00, 1 alert waits' },
    ];
    const api = await startApiServer({
      'GET /api/v1/runs': { body: { runs: [aRun({ run_id: 'drift-retrain/ease' }), aRun({ run_id: 'training/a1' })], next_cursor: null } },
      'GET /api/v1/runs/drift-retrain/ease': { body: aRunDetail({ run_id: 'drift-retrain/ease', now }) },
      'GET /api/v1/runs/training/a1': { body: aRunDetail() },
    });
    try {
      expect(await invokeWith(['status', '--api', api.url])).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(
          /in all\ndrift-retrain\/ease cools down until 2026-11-29 14:20:00, 1 alert waits\ntraining\/a1 goes on\n$/,
        ),
      });
    } finally {
      await api.close();
    }
  });

  test('--json', async () => {
    expect(JSON.parse((await invokeWith(['status', '--json'])).out)).toEqual({ processes: [API], waiting: [], runs: [], mirror: null });
  });
});

describe('check', () => {
  const ok = {
    system: '1 data pipeline',
    part: 'data_pipeline',
    asked: 'http://127.0.0.1:8080/health',
    state: 'ok',
    answer: 'healthy',
    ms: 12,
  } as const;
  const absent = {
    system: '8 monitoring',
    part: 'prometheus',
    asked: 'http://127.0.0.1:9090',
    state: 'absent',
    answer: 'it does not run here',
    ms: 1,
  } as const;
  const failed = { system: '9 events', part: 'events', asked: 'topics', state: 'failed', answer: '503', ms: 5_000 } as const;
  const check = (systems: SystemCheck[], ...options: string[]) => invokeWith(['check', ...options], { runCheck: async () => systems });

  test('each system: what was asked, what answered, in how many ms', async () => {
    const { exitCode, out } = await check([ok, absent]);
    expect([exitCode, cells(out)]).toEqual([
      0,
      [
        ['SYSTEM', 'MS', 'ASKED', 'ANSWER'],
        ['1 data pipeline', 'ok', '12', 'http://127.0.0.1:8080/health', 'healthy'],
        ['8 monitoring', 'absent', '1', 'http://127.0.0.1:9090', 'it does not run here'],
      ],
    ]);
  });

  test('exit 1 where one failed, and under --strict where one is absent', async () => {
    expect((await check([ok, failed])).exitCode).toBe(1);
    expect((await check([ok, absent], '--strict')).exitCode).toBe(1);
    expect(JSON.parse((await check([ok, failed], '--json')).out)).toEqual({ ok: false, systems: [ok, failed] });
  });
});

describe('up', () => {
  test("hands on npm start's options and its exit code", async () => {
    const asked: unknown[] = [];
    const start: StackControl['start'] = async (...call) => {
      asked.push(call);
      return 3;
    };
    expect(await invokeWith(['up', '--fresh', '--no-job', '--once'], { start })).toMatchObject({ exitCode: 3, out: '' });
    expect(await invokeWith(['up', '--once', '--json'], { start })).toMatchObject({ exitCode: 3, out: '{\n  "exit_code": 3\n}\n' });
    expect(asked).toEqual([
      [['--fresh', '--no-job', '--once'], { toStderr: false }],
      [['--once'], { toStderr: true }],
    ]);
  });
});

test.each([
  [true, 'Stopped.\n'],
  [false, 'Nothing was running.\n'],
])('down: stopped %s', async (stopped, out) => {
  expect(await invokeWith(['down'], { stopStack: async () => stopped })).toEqual({ exitCode: 0, out, err: '' });
});

test('down that does not come to an end: why, and exit 1', async () => {
  const stopStack: StackControl['stopStack'] = async () => {
    throw new StartError('it has not ended');
  };
  expect(await invokeWith(['down'], { stopStack })).toEqual({ exitCode: 1, out: '', err: 'it has not ended\n' });
});

test('doctor: what is wrong and what mends it, exit 1', async () => {
  const findings = [
    { name: 'node', ok: true, detail: 'v22.1.0', fix: null },
    { name: 'java', ok: false, detail: 'not found', fix: 'apt-get install -y openjdk-17-jre-headless' },
  ];
  const { exitCode, out } = await invokeWith(['doctor'], { runDoctor: async () => findings });
  expect(exitCode).toBe(1);
  expect(out).toBe(
    ['CHECK         DETAIL', 'node   ok     v22.1.0', 'java   WRONG  not found: apt-get install -y openjdk-17-jre-headless', ''].join('\n'),
  );
  expect(await invokeWith(['doctor'], { runDoctor: async () => findings.slice(0, 1) })).toMatchObject({ exitCode: 0 });
});

describe('logs', () => {
  beforeEach(async () => {
    await mkdir(path.join(folder, 'logs'));
    const line = { level: 'info', time: '2026-11-23T22:55:02.000Z', process: 'api', pid: 41, status: 200, msg: 'request' };
    await writeFile(path.join(folder, 'logs', 'api.log'), `first\nsecond\n${JSON.stringify(line)}\n`);
    await writeFile(path.join(folder, 'logs', 'kafka.log'), 'broker up\n');
  });

  test('the last lines of one', async () => {
    expect(await invokeWith(['logs', 'api', '-n', '2'])).toEqual({
      exitCode: 0,
      err: '',
      out: 'second\n2026-11-23T22:55:02.000Z info  request status=200\n',
    });
  });

  test('of all, each with its name', async () => {
    const { out } = await invokeWith(['logs', '-n', '1']);
    expect(out).toBe('api: 2026-11-23T22:55:02.000Z info  request status=200\nkafka: broker up\n');
  });

  test('without the requests of whoever waits, unless all are asked for', async () => {
    const request = (method: string, status: number) => JSON.stringify({ level: 'info', time: 't', msg: 'request', method, status });
    const requests = [request('GET', 200), request('POST', 202), request('GET', 404), request('GET', 304)];
    await writeFile(path.join(folder, 'logs', 'api.log'), `${requests.join('\n')}\n`);
    const [post, missed] = ['t info  request method=POST status=202', 't info  request method=GET status=404'];
    expect((await invokeWith(['logs', 'api', '-n', '2'])).out).toBe(`${post}\n${missed}\n`);
    expect((await invokeWith(['logs', 'api', '-n', '9', '--all'])).out.trimEnd().split('\n')).toHaveLength(4);
    const followLog: StackControl['followLog'] = async (_file, onLine) => requests.forEach(onLine);
    expect((await invokeWith(['logs', 'api', '-n', '0', '-f'], { followLog })).out).toBe(`${post}\n${missed}\n`);
  });

  test('-f goes on with new ones', async () => {
    const followLog: StackControl['followLog'] = async (_file, onLine) => onLine('later');
    expect(await invokeWith(['logs', 'kafka', '-f'], { followLog })).toMatchObject({ exitCode: 0, out: 'broker up\nlater\n' });
  });

  test.each([[['logs', 'nope']], [['logs', 'api', '-n', 'x']], [['logs', 'api', '-f', '--json']]])(
    '%j cannot be answered: exit 2',
    async (args) => {
      expect(await invokeWith(args)).toMatchObject({ exitCode: 2 });
    },
  );
});
