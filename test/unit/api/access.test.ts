import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createAirflowApi } from '../../../api/airflow/app.ts';
import { createFeastApi } from '../../../api/feast/app.ts';
import { createMlflowApi } from '../../../api/mlflow/app.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../../support/api.ts';

const key = (role: string) => `the-secret-of-${role}`;
const credentials = (['viewer', 'user', 'operator'] as const).map((role) => ({ name: role, role, secret: key(role) }));

let open: TestApi;
let guarded: TestApi;
beforeAll(async () => {
  open = await startTestApi();
  guarded = await startTestApi({
    access: { ...OPEN_ACCESS, credentials, allowedHosts: ['mlops.example'], allowedOrigins: ['https://console.example'] },
  });
});
afterAll(() => Promise.all([open.stop(), guarded.stop()]));

/** `fetch` sets the Host header itself, so this goes below it. */
const statusWithHost = (api: TestApi, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(`${api.url}/api/v1/workflows`, { headers: { host, 'x-api-key': key('viewer') } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('whose requests are heard', () => {
  test('a Host that is not ours is refused, so that a rebound DNS name reaches nothing', async () => {
    expect(await statusWithHost(open, 'evil.example')).toBe(403);
    expect(await statusWithHost(open, 'localhost:8000')).toBe(200);
    expect(await statusWithHost(guarded, 'mlops.example')).toBe(200);
    expect(await statusWithHost(open, '[::1]:8000')).toBe(200);
  });

  test.each([
    'evil.example@127.0.0.1',
    'a:b@localhost:8000',
    '127.0.0.1/evil.example',
    '127.0.0.1?evil.example',
    '127.0.0.1#evil.example',
    'localhost\\evil.example',
    'localhost:8000:evil.example',
    '2130706433',
  ])('a Host of more than a name and a port is refused: %s', async (host) => {
    expect([400, 403]).toContain(await statusWithHost(open, host));
  });

  test("another site's page cannot post; ours and a listed one can", async () => {
    const post = (api: TestApi, origin: string) =>
      api.call('POST', '/api/v1/runs', { json: {}, headers: { origin, 'x-api-key': key('operator') } }).then(({ status }) => status);
    expect(await post(open, 'https://evil.example')).toBe(403);
    expect(await post(open, 'null')).toBe(403);
    expect(await post(open, open.url)).toBe(422);
    expect(await post(guarded, 'https://console.example')).toBe(422);
  });
});

describe('where credentials are configured', () => {
  const status = (headers: Record<string, string>) => guarded.call('GET', '/api/v1/workflows', { headers }).then((answer) => answer.status);
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

  test('none or wrong ones: 401, also from loopback', async () => {
    expect(await status({})).toBe(401);
    expect(await status({ 'x-api-key': 'the-secret-of-nobody' })).toBe(401);
    expect(await status(basic(`user:${key('viewer')}`))).toBe(401);
  });

  test('an API key, a bearer token and basic auth are all good', async () => {
    expect(await status({ 'x-api-key': key('viewer') })).toBe(200);
    expect(await status({ authorization: `Bearer ${key('viewer')}` })).toBe(200);
    expect(await status(basic(`viewer:${key('viewer')}`))).toBe(200);
  });

  test('health needs none', async () => {
    expect((await guarded.call('GET', '/health/live')).status).toBe(200);
  });

  test('starting a run needs an operator', async () => {
    const start = (role: string) =>
      guarded.call('POST', '/api/v1/runs', { json: {}, headers: { 'x-api-key': key(role) } }).then((answer) => answer.status);
    expect(await start('viewer')).toBe(403);
    expect(await start('user')).toBe(403);
    expect(await start('operator')).toBe(422);
  });
});

describe('an issued key, while the database is away', () => {
  const headers = (key: string) => ({ headers: { 'x-api-key': key } });
  const KEY = `mmk_${'a'.repeat(12)}_${'1'.repeat(64)}`;

  test('is neither good nor wrong: nobody can tell, also where loopback is admin', async () => {
    for (const api of [open, guarded])
      expect(await api.call('GET', '/api/v1/workflows', headers(KEY))).toMatchObject({
        status: 503,
        body: { title: 'Service unavailable' },
      });
  });

  test('what only looks like one is wrong, also where loopback is admin', async () => {
    for (const api of [open, guarded]) expect((await api.call('GET', '/api/v1/workflows', headers(`${KEY}0`))).status).toBe(401);
  });

  test('health is told whatever is sent', async () => {
    expect((await guarded.call('GET', '/health/live', headers(KEY))).status).toBe(200);
  });
});

describe('who sends more than they may', () => {
  const access = { ...OPEN_ACCESS, credentials, requestsPerMinute: 2 };
  let limited: TestApi;
  afterEach(() => limited.stop());
  const asked = { headers: { 'x-api-key': key('viewer') } };

  test('is told how much is left, then 429 and when to come again; others are heard, and health is', async () => {
    limited = await startTestApi({ access });
    const call = (headers: Record<string, string>) => limited.call('GET', '/api/v1/workflows', { headers });
    const first = await call(asked.headers);
    expect([first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([
      200,
      '"requests";q=2;w=60',
      '"requests";r=1;t=30',
    ]);
    await call(asked.headers);
    const refused = await call(asked.headers);
    expect(refused.body).toMatchObject({ status: 429, title: 'Too many requests', type: '/problems/too-many-requests' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect((await call({ 'x-api-key': key('user') })).status).toBe(200);
    expect((await limited.call('GET', '/health/live', asked)).status).toBe(200);
  });

  test('also who guesses keys, by address', async () => {
    limited = await startTestApi({ access });
    const guess = async (nth: number) => (await limited.call('GET', '/metrics', { headers: { 'x-api-key': `guess ${nth}` } })).status;
    expect([await guess(1), await guess(2), await guess(3), await guess(4)]).toEqual([401, 401, 429, 429]);
    expect((await limited.call('GET', '/metrics', asked)).status).toBe(200);
  });

  test.each([
    ['MLflow', createMlflowApi, '/api/2.0/mlflow/nothing', { error_code: 'REQUEST_LIMIT_EXCEEDED' }],
    ['Airflow', createAirflowApi, '/api/v1/nothing', { status: 429, title: 'Too many requests' }],
    ['Feast', createFeastApi, '/nothing', { status: 429, title: 'Too many requests' }],
  ])('%s says so in its words', async (_, create, path, body) => {
    limited = await startTestApi({ access }, create);
    for (let nth = 0; nth < 2; nth += 1) expect((await limited.call('GET', path, asked)).status).toBe(404);
    const refused = await limited.call('GET', path, asked);
    expect([refused.status, refused.body]).toMatchObject([429, body]);
  });
});
