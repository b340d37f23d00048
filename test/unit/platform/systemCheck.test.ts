import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSystemCheckActivities } from '../../../activities/systemCheck.ts';
import { fullSystemCheckResultSchema, SYSTEM_PARTS } from '../../../contracts/systemCheck.ts';
import { readConfig } from '../../../platform/config.ts';
import { checkSystems, systemPlaces } from '../../../platform/systemCheck.ts';
import { silentLog } from '../../support/database.ts';

const KEY = 'a key of 16 or more';
/** What each path answers. */
const answers = new Map<string, { status?: number; body: string }>();
let server: Server;
let url = '';
let folder = '';
/** Where nothing listens. */
let nowhere = '';

beforeAll(async () => {
  server = createServer((req, res) => {
    const { status = 200, body } = answers.get(req.url ?? '') ?? { status: 404, body: '' };
    const isKnown = req.headers['x-api-key'] === KEY;
    res.writeHead(isKnown ? status : 401).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  nowhere = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  closed.close();
  folder = await mkdtemp(path.join(tmpdir(), 'check '));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const WELL = {
  '/health': { body: '{"status":"ready"}' },
  '/api/v1/dags': { body: '{"dags":[{"dag_id":"movie_training_pipeline"}]}' },
  '/api/v1/events/topics': { body: '{"topics":[{"topic":"user-events"}]}' },
  '/-/healthy': { body: 'Prometheus Server is Healthy.' },
  '/api/health': { body: '{"database":"ok"}' },
};
async function check(over: Record<string, { status?: number; body: string }> = {}, places: { prometheus?: string; serving?: string } = {}) {
  answers.clear();
  for (const [at, answer] of Object.entries({ ...WELL, ...over })) answers.set(at, answer);
  const all = { airflow: url, feast: url, mlflow: url, serving: url, api: url, prometheus: url, grafana: url, folder, ...places };
  const found = await checkSystems(all, { 'x-api-key': KEY });
  return found.map(({ system, state, answer }) => [system, state, answer]);
}

test('asks the nine systems with the key of who asks; what is not installed is absent', async () => {
  const found = await check({}, { prometheus: nowhere });
  expect(found).toEqual([
    ['1 data pipeline', 'ok', 'ready'],
    ['2 feature store', 'ok', 'ready'],
    ['3 version control', 'absent', expect.stringContaining('no working tree')],
    ['4 CI/CD', 'absent', 'there is no such definition'],
    ['5 orchestration', 'ok', 'movie_training_pipeline is there'],
    ['6 model registry', 'ok', 'ready'],
    ['7 model serving', 'ok', 'ready'],
    ['8 monitoring', 'absent', 'Prometheus does not run here'],
    ['8 monitoring', 'ok', 'Grafana is healthy'],
    ['9 events', 'ok', 'user-events is there'],
  ]);
});

test('tells what fails: a process that is away, an unhealthy part, a DAG or a topic that is missing, another program on the port', async () => {
  const found = await check(
    {
      '/health': { body: '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"unhealthy"}}' },
      '/api/v1/dags': { body: '{"dags":[]}' },
      '/api/v1/events/topics': { status: 503, body: '{"detail":"Kafka is away"}' },
      '/-/healthy': { status: 404, body: 'not here' },
    },
    { serving: nowhere },
  );
  expect(found.filter(([, state]) => state === 'failed')).toEqual([
    ['1 data pipeline', 'failed', expect.stringContaining('"unhealthy"')],
    ['2 feature store', 'failed', expect.stringContaining('"unhealthy"')],
    ['5 orchestration', 'failed', 'there is no movie_training_pipeline'],
    ['6 model registry', 'failed', expect.stringContaining('"unhealthy"')],
    ['7 model serving', 'failed', 'nothing listens there'],
    ['8 monitoring', 'failed', '404 not here'],
    ['9 events', 'failed', '503 {"detail":"Kafka is away"}'],
  ]);
});

test('asks where the configuration says that a system is, and this machine for the rest', () => {
  const places = systemPlaces(readConfig({ AIRFLOW_URL: 'http://airflow:8080/', MLOPS_API_URL: 'http://api:8000', FEAST_PORT: '6000' }));
  expect(places).toMatchObject({
    ...{ airflow: 'http://airflow:8080', api: 'http://api:8000', feast: 'http://127.0.0.1:6000', mlflow: 'http://127.0.0.1:5000' },
    ...{ serving: 'http://127.0.0.1:8001', prometheus: 'http://127.0.0.1:9090' },
  });
});

test('asks ports too that fetch refuses, as it does the feature server on 6566', async () => {
  const found = await check({}, { serving: 'http://127.0.0.1:1' });
  expect(found[6]).toEqual(['7 model serving', 'failed', 'nothing listens there']);
});

test('a monitor whose name no machine has is absent', async () => {
  const found = await check({}, { prometheus: 'http://prometheus.invalid:9090' });
  expect(found[7]).toEqual(['8 monitoring', 'absent', 'Prometheus does not run here']);
});

test('looks at the working tree and the CI definition of the project', async () => {
  execFileSync('git', ['init', '-q'], { cwd: folder });
  expect((await check())[2]).toEqual(['3 version control', 'ok', 'nothing is changed']);
  await mkdir(path.join(folder, '.github', 'workflows'), { recursive: true });
  await writeFile(path.join(folder, '.github', 'workflows', 'ci.yml'), 'on: push\n');
  expect((await check()).slice(2, 4)).toEqual([
    ['3 version control', 'ok', '1 file is changed'],
    ['4 CI/CD', 'ok', expect.stringContaining('the definition is there')],
  ]);
});

test('a worker asks the same with the secret of the least role, and one that fails is what it found', async () => {
  answers.clear();
  for (const [at, answer] of Object.entries({ ...WELL, '/api/v1/events/topics': { body: '{"topics":[]}' } })) answers.set(at, answer);
  const { port } = new URL(url);
  const ports = ['API_PORT', 'SERVING_PORT', 'AIRFLOW_PORT', 'MLFLOW_PORT', 'FEAST_PORT', 'PROMETHEUS_PORT'];
  const config = readConfig({
    ...Object.fromEntries(ports.map((name) => [name, port])),
    GRAFANA_URL: nowhere,
    CREDENTIALS: `op:operator:another of 16 or more,view:viewer:${KEY}`,
  });
  const found = await createSystemCheckActivities({ config, log: silentLog }).askSystems();
  expect(fullSystemCheckResultSchema.parse(found)).toEqual(found);
  expect(found.systems.map(({ part }) => part)).toEqual(SYSTEM_PARTS);
  const states = Object.fromEntries(found.systems.map(({ part, state }) => [part, state]));
  expect([found.ok, states]).toEqual([
    false,
    {
      ...{ data_pipeline: 'ok', feature_store: 'ok', orchestration: 'ok', model_registry: 'ok', model_serving: 'ok' },
      ...{ prometheus: 'ok', grafana: 'absent', events: 'failed' },
      ...{ version_control: expect.stringMatching(/ok|absent/), ci: 'ok' },
    },
  ]);
});
