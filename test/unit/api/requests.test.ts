import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { EndpointDescription } from '../../../contracts/endpoints/endpoint.ts';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { predictBodySchema, recommendBodySchema, similarBodySchema } from '../../../contracts/recommendations.ts';
import { RUN_ID_CHARACTERS } from '../../../contracts/sizes.ts';
import { createAirflowApi } from '../../../api/airflow/app.ts';
import { createFeastApi } from '../../../api/feast/app.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

/** No engine is there: what a request has wrong is said before one is needed. */
let api: TestApi;
let airflow: TestApi;
let feast: TestApi;
beforeAll(async () => {
  [api, airflow, feast] = await Promise.all([startTestApi(), startTestApi({}, createAirflowApi), startTestApi({}, createFeastApi)]);
});
afterAll(() => Promise.all([api.stop(), airflow.stop(), feast.stop()]));

const JSON_TYPE = { 'content-type': 'application/json' };
const described = Object.values<Record<string, EndpointDescription>>(ENDPOINTS).flatMap((subject) => Object.values(subject));

describe('a body that is no JSON object never counts as an empty one', () => {
  const inChunks = async (url: string, text: string, headers: Record<string, string> = {}) => {
    const body = new Blob([text]).stream();
    const { status } = await fetch(url, { method: 'POST', body, headers, duplex: 'half' });
    return status;
  };
  test.each([
    ['our own', () => `${api.url}/api/v1/schedules/daily/pause`, 422],
    ["Airflow's", () => `${airflow.url}/api/v1/dags/movie_data_collection/dagRuns`, 400],
  ])('at %s door', async (_, urlOf, invalid) => {
    const send = (body: string, headers?: Record<string, string>) =>
      fetch(urlOf(), { method: 'POST', body, ...(headers && { headers }) }).then(({ status }) => status);
    expect(await inChunks(urlOf(), '{"note":"held"}')).toBe(415);
    expect(await inChunks(urlOf(), '{"note":"held"}', { 'content-type': 'text/plain' })).toBe(415);
    expect(await inChunks(urlOf(), '[]', JSON_TYPE)).toBe(invalid);
    expect(await send('{}', { 'content-type': 'text/plain' })).toBe(415);
    expect(await send('null', JSON_TYPE)).toBe(invalid);
    expect(await send('"text"', JSON_TYPE)).toBe(invalid);
    expect(await send('{}', JSON_TYPE)).toBe(503); // taken: what is missing is the engine
    expect(await fetch(urlOf(), { method: 'POST' }).then(({ status }) => status)).toBe(503);
  });
});

test("a message for an internal topic of Kafka's is refused for good, also while Kafka is away", async () => {
  const { status, body } = await api.call<{ errors?: unknown }>('POST', '/api/v1/events/topics/__consumer_offsets/messages', {
    json: { value: 'x' },
  });
  expect([status, body.errors]).toEqual([
    422,
    [{ field: 'path.topic', message: '__consumer_offsets is an internal topic of Kafka: it is not written to' }],
  ]);
});

/** Where a schema takes objects with keys that it does not name. */
function openObjects(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const isOpen = 'properties' in schema && (schema as { additionalProperties?: unknown }).additionalProperties !== false;
  return [...(isOpen ? [at] : []), ...Object.entries(schema).flatMap(([key, value]) => openObjects(value, `${at}.${key}`))];
}
const openIn = (schema: z.ZodType, at: string) => openObjects(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), at);

test('no body and no query of our own takes a key that it does not know', () => {
  const own = described.filter((endpoint) => endpoint !== ENDPOINTS.alerts.receive); // that is Alertmanager's, which may come to say more
  const ofApi = own.flatMap(({ method, path, body, query }) =>
    [body, query].flatMap((schema) => (schema ? openIn(schema, `${method} ${path}`) : [])),
  );
  const ofModelServer = [predictBodySchema, recommendBodySchema, similarBodySchema].flatMap((schema, n) => openIn(schema, String(n)));
  expect([...ofApi, ...ofModelServer]).toEqual([]);
});

test('an unknown key is named, also where a path takes no query at all', async () => {
  const put = { workflow: 'movieDataCollection', cron: '0 3 * * *', time_zone: 'Asia/Seoul' };
  const answers = [
    await api.call('PUT', '/api/v1/schedules/daily', { json: put }),
    await api.call('GET', '/api/v1/recommendations?user=1'),
    await api.call('GET', '/api/v1/models?stage=Production'),
  ];
  expect(answers.map(({ status, body }) => [status, body.detail])).toEqual([
    [422, expect.stringContaining('time_zone')],
    [422, expect.stringContaining('user')],
    [422, expect.stringContaining('stage')],
  ]);
});

/** `fetch` refuses to send some methods. */
const send = (url: string, method: string) =>
  new Promise<IncomingMessage>((resolve, reject) =>
    request(url, { method }, (answer) => resolve(answer.resume()))
      .on('error', reject)
      .end(),
  );

test('TRACE of whatever is served, at any door, is 405 with the methods that are', async () => {
  const own = ['/health', '/health/live', '/health/ready', '/metrics'];
  const ofDoors: [TestApi, string[]][] = [
    [api, [...own, '/', '/docs', '/openapi.json', ...described.map(({ path }) => path.replace(/:\w+/g, '1'))]],
    [airflow, [...own, '/', '/api/v1/dags', '/api/v1/dags/a/dagRuns', '/api/v1/dags/a/dagRuns/b', '/api/v1/health']],
    [feast, [...own, '/push', '/get-online-features', '/definitions.py']],
  ];
  for (const [door, paths] of ofDoors)
    for (const path of paths) {
      const { statusCode, headers } = await send(door.url + path, 'TRACE');
      expect([path, statusCode, headers.allow]).toEqual([path, 405, expect.stringMatching(/^[A-Z, ]+, OPTIONS$/)]);
    }
});

test('a method that a path has not is 405 with those that it has', async () => {
  const { status, headers } = await api.call('DELETE', '/api/v1/models');
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect((await api.call('PATCH', '/api/v1/schedules/daily')).headers.get('allow')).toBe('GET, PUT, DELETE, HEAD, OPTIONS');
  expect((await api.call('GET', '/api/v1/nothing')).status).toBe(404);
});

test('a cursor of ours with an impossible date is 422', async () => {
  const cursor = (...position: string[]) => Buffer.from(JSON.stringify(position)).toString('base64url');
  for (const time of ['2026-02-30 00:00:00+00', '2026-13-01 00:00:00+00', '0000-01-01 00:00:00+00', 'now'])
    expect((await api.call('GET', `/api/v1/runs?cursor=${cursor(time, 'collection/daily')}`)).status).toBe(422);
  expect((await api.call('GET', `/api/v1/runs?cursor=${cursor('2026-02-28 00:00:00.123456+00', 'collection/daily')}`)).status).toBe(503);
});

test('a cursor of the longest id of a run is taken', async () => {
  const longest = Buffer.from(JSON.stringify(['2026-02-28 00:00:00.123456+00', '\u0001'.repeat(RUN_ID_CHARACTERS)])).toString('base64url');
  expect((await api.call('GET', `/api/v1/runs?cursor=${longest}`)).status).toBe(503); // taken: what is missing is the engine
});

test('no answer may be framed or taken for another type', async () => {
  for (const path of ['/', '/health/live', '/openapi.json', '/nothing']) {
    const { headers } = await api.call('GET', path);
    expect([path, headers.get('x-frame-options'), headers.get('x-content-type-options')]).toEqual([path, 'DENY', 'nosniff']);
  }
});

test('a request is counted by its whole route, also where a mounted router refuses it, and at one port of a process alone', async () => {
  await airflow.call('GET', '/api/v1/dags/no_such_dag');
  const { body } = await airflow.call<string>('GET', '/metrics');
  expect(body).toMatch(/^http_requests_total\{.*route="\/api\/v1\/dags\/:dag_id",status="404"/m);
  const second = await startTestApi({}, (deps) => createAirflowApi({ ...deps, showsMetrics: false }));
  expect((await second.call('GET', '/metrics')).status).toBe(404);
  await second.stop();
});
