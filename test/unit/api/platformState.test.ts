import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { msToTs } from '@temporalio/common/lib/time.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLook } from '../../../api/state/look.ts';
import { createPlatformState } from '../../../api/state/platformState.ts';
import { createProcessLook, type ProcessSources } from '../../../api/state/processes.ts';
import { systemsOf } from '../../../api/state/systems.ts';
import { processStateSchema, platformStateSchema, type ProcessState } from '../../../contracts/system.ts';
import type { FullSystemCheckResult } from '../../../contracts/systemCheck.ts';
import { createHealth } from '../../../platform/health.ts';
import { waitFor } from '../../support/waitFor.ts';

const NOW = '2026-11-30T12:00:00.000Z';
const NOBODY = 'http://127.0.0.1:1';

/** Answers `/health` as one of our processes does. */
let answer: { status: number; body: object } | 'nothing';
let server: Server;
let url: string;
beforeEach(async () => {
  answer = { status: 200, body: { status: 'ready', release: '1.2.3', started_at: NOW, dependencies: {} } };
  server = createServer((_req, res) => {
    if (answer !== 'nothing') res.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(close);

function close() {
  server.closeAllConnections();
  return new Promise<void>((resolve) => void server.close(() => resolve()));
}

interface Engines {
  readonly polledAt?: number;
  readonly hasStep?: boolean;
  readonly members?: number;
  readonly kafka?: () => Promise<string>;
  readonly places?: Partial<ProcessSources['places']>;
}

/** Engines that answer so; those that are not named are well. */
function sourcesOf({ polledAt, hasStep = false, members = 1, kafka = async () => '1 broker', places }: Engines): ProcessSources {
  const pollers = polledAt === undefined ? [] : [{ identity: 'worker-control@7', lastAccessTime: msToTs(polledAt) }];
  const workflowService = {
    describeTaskQueue: async () => ({ pollers }),
    describeNamespace: async () => ({}),
    getSystemInfo: async () => ({ serverVersion: '1.30' }),
  };
  const withDeadline = (_deadline: number, body: () => Promise<unknown>) => body();
  const query = async (sql: string) =>
    sql.includes('server_version')
      ? { rows: [{ version: '18.4', schema_version: 60, started_at: new Date(NOW) }] }
      : { rows: sql.includes('exists') ? [{ found: hasStep }] : [] };
  return {
    places: { serving: NOBODY, workers: {}, doors: {}, ...places },
    health: createHealth(() => [], '1.2.3'),
    pool: { query },
    temporal: { options: { namespace: 'default' }, workflowService, connection: { withDeadline } },
    kafka: { check: kafka, browse: { members: async () => members } },
    onlineStore: { check: async () => 'redis' },
    prometheus: { look: async () => undefined },
  } as unknown as ProcessSources;
}

const processesOf = async (engines: Engines) => new Map((await createProcessLook(sourcesOf(engines))()).map((one) => [one.name, one]));

describe('a worker', () => {
  test('that is on this machine is asked itself: what it is, since when, and what it lacks; once it is dead, that is told at once', async () => {
    const look = createProcessLook(sourcesOf({ polledAt: Date.now(), places: { workers: { 'worker-control': url } } }));
    const control = async () => (await look()).find(({ name }) => name === 'worker-control');
    expect(await control()).toMatchObject({ state: 'ok', known_by: 'itself', release: '1.2.3', started_at: NOW, lacks: [] });
    answer = { status: 503, body: { release: '1.2.3', dependencies: { temporal: { ok: false, detail: 'connecting' } } } };
    expect(await control()).toMatchObject({ state: 'unwell', lacks: ['temporal'], detail: 'temporal: connecting' });
    await close();
    // Though Temporal remembers its last poll: first its connection breaks, then nothing listens.
    for (let nth = 0; nth < 2; nth += 1) expect(await control()).toMatchObject({ state: 'away', known_by: 'itself' });
  });

  test('elsewhere is known by its polls while they are fresh, and by a step that it does while it has its hands full', async () => {
    const control = async (engines: Engines) => (await processesOf(engines)).get('worker-control');
    const polledAt = Math.floor(Date.now() / 1_000) * 1_000;
    expect(await control({ polledAt })).toMatchObject({ state: 'ok', known_by: 'queue', seen_at: new Date(polledAt).toISOString() });
    const hereFirst = { workers: { 'worker-control': NOBODY } };
    expect(await control({ polledAt, places: hereFirst })).toMatchObject({ state: 'ok', known_by: 'queue' });
    expect(await control({ polledAt: polledAt - 180_000 })).toMatchObject({ state: 'away', known_by: 'queue', seen_at: null });
    expect(await control({ hasStep: true })).toMatchObject({ state: 'ok', known_by: 'queue' });
    expect((await processesOf({ polledAt })).get('worker-training')).toMatchObject({ state: 'away' }); // polls of another are not its own
  });

  test('of events is known by the members of its group, and is not known where Kafka does not tell', async () => {
    const ingest = async (engines: Engines) => (await processesOf(engines)).get('worker-ingest');
    expect(await ingest({ members: 1 })).toMatchObject({ state: 'ok', known_by: 'group' });
    expect(await ingest({ members: 0 })).toMatchObject({ state: 'away', known_by: 'group' });
    const sources = sourcesOf({});
    sources.kafka.browse.members = async () => Promise.reject(new Error('GROUP_AUTHORIZATION_FAILED'));
    expect((await createProcessLook(sources)()).find(({ name }) => name === 'worker-ingest')).toMatchObject({
      state: 'unknown',
      known_by: null,
    });
  });
});

test('engines tell their version and since when they run, as far as they do; a Prometheus that need not be there is no row', async () => {
  const found = await processesOf({ kafka: async () => Promise.reject(new Error('connect ECONNREFUSED')) });
  expect(found.get('postgres')).toMatchObject({ kind: 'engine', state: 'ok', release: '18.4', started_at: NOW });
  expect(found.get('temporal')).toMatchObject({ state: 'ok', release: '1.30', started_at: null });
  expect(found.get('kafka')).toMatchObject({ state: 'away', detail: 'connect ECONNREFUSED' });
  expect(found.get('serving')).toMatchObject({ state: 'away', detail: 'nothing listens there' });
  expect(found.has('prometheus')).toBe(false);
});

test('what hangs holds nobody beyond the bound, and is not asked again meanwhile', async () => {
  let asked = 0;
  let release = (): void => undefined;
  const look = createLook(() => {
    asked += 1;
    return new Promise<void>((resolve) => (release = resolve));
  }, 10);
  await expect(look()).rejects.toThrow('no answer within 0.01 s');
  await expect(look()).rejects.toThrow('no answer');
  expect(asked).toBe(1);
  release();
  await waitFor('a new question', async () => {
    await look().catch(() => undefined);
    return asked === 2;
  });
});

test('an engine that hangs is away, all others are told, and pages that look at once ask once', async () => {
  let asked = 0;
  const hanging = () => {
    asked += 1;
    return new Promise<string>(() => undefined);
  };
  const read = createPlatformState(sourcesOf({ kafka: hanging, places: { serving: url } }));
  const [state, same] = await Promise.all([read(), read()]);
  expect(same).toBe(state);
  expect(asked).toBe(1);
  expect(platformStateSchema.parse(state)).toEqual(state);
  const events = state.systems.find(({ part }) => part === 'events');
  expect(events).toMatchObject({ state: 'failed', lacks: ['kafka'], answer: 'kafka: no answer within 3 s', is_live: true });
  expect(state.systems.find(({ part }) => part === 'model_serving')).toMatchObject({ state: 'ok' });
});

describe('of the nine systems', () => {
  const row = (name: string, state: ProcessState['state'] = 'ok', lacks: string[] = []): ProcessState =>
    processStateSchema.parse({
      name,
      kind: 'process',
      state,
      known_by: 'itself',
      lacks,
      detail: '',
      release: null,
      started_at: null,
      seen_at: null,
    });
  const ALL = ['postgres', 'temporal', 'online store', 'kafka', 'serving', 'worker-control', 'worker-training', 'worker-ingest'];
  const but = (...others: ProcessState[]) => [
    ...ALL.filter((name) => others.every((one) => one.name !== name)).map((name) => row(name)),
    ...others,
  ];
  const CHECK: FullSystemCheckResult = {
    ...{ ok: false, checked_at: '2026-11-30T11:50:00.000Z' },
    systems: (['version_control', 'ci', 'grafana', 'events'] as const).map((part) => ({
      ...{ system: 'any', part, asked: 'so', state: part === 'ci' ? 'failed' : 'ok', answer: 'it said', ms: 1 },
    })),
  };
  const of = (part: string, processes: readonly ProcessState[], check?: FullSystemCheckResult) =>
    systemsOf(processes, check, NOW).find((one) => one.part === part);

  test('each is well whose processes and engines are', () => {
    expect(systemsOf(but(), CHECK, NOW).map(({ part, state, is_live }) => `${part} ${state} ${is_live}`)).toEqual([
      'data_pipeline ok true',
      'feature_store ok true',
      'version_control ok false',
      'ci failed false',
      'orchestration ok true',
      'model_registry ok true',
      'model_serving ok true',
      'prometheus absent true',
      'grafana ok false',
      'events ok true',
    ]);
  });

  test('a dead worker or a dead Kafka is told of those that need it', () => {
    expect(of('events', but(row('kafka', 'away')), CHECK)).toMatchObject({ state: 'failed', lacks: ['kafka'], told_at: NOW });
    const workers = but(row('worker-control', 'away'), row('worker-training', 'away'));
    expect(of('orchestration', workers)).toMatchObject({ state: 'failed', lacks: ['worker-control', 'worker-training'] });
    expect(of('model_registry', workers)).toMatchObject({ state: 'ok' });
    expect(of('model_serving', but(row('serving', 'unwell', ['models'])))).toMatchObject({ state: 'unwell', lacks: ['models'] });
    expect(of('model_registry', [...but(), row('mlflow', 'away')])).toMatchObject({ state: 'failed', lacks: ['mlflow'] });
  });

  test('what nobody can tell now is as the latest full check found it, with its time, or not known', () => {
    expect(of('ci', but(), CHECK)).toMatchObject({ state: 'failed', answer: 'it said', is_live: false, told_at: CHECK.checked_at });
    const untold = but(row('worker-ingest', 'unknown'));
    expect(of('events', untold, CHECK)).toMatchObject({ state: 'ok', is_live: false, told_at: CHECK.checked_at });
    expect(of('events', untold)).toMatchObject({ state: 'unknown', told_at: null });
  });
});
