import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
