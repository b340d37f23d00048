import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Graph, Watched } from '../../../contracts/monitoring.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

/** What stands for Prometheus here answers as the test says: a real one says none of this on demand. */
const ELSEWHERE = '/elsewhere';
let asked: URL[];
let answer: { status: number; body: string };
let prometheus: Server;
let api: TestApi;
let url: string;

beforeAll(async () => {
  prometheus = createServer((req, res) => {
    asked.push(new URL(req.url ?? '/', 'http://prometheus'));
    const { status, body } = req.url === ELSEWHERE ? success({ resultType: 'matrix', result: [] }) : answer;
    res.writeHead(status, { 'content-type': 'application/json', connection: 'close', location: ELSEWHERE }).end(body);
  });
  await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  api = await startTestApi({ monitoring: { prometheusUrl: url, external: true } });
});
afterAll(async () => {
  await api.stop();
  prometheus.close();
});
beforeEach(() => {
  asked = [];
  answer = success({ resultType: 'matrix', result: [] });
});

const success = (data: unknown) => ({ status: 200, body: JSON.stringify({ status: 'success', data }) });
const graph = <T = Graph>(query: Record<string, string>) =>
  api.call<T>('GET', `/api/v1/monitoring/graph?${new URLSearchParams(query).toString()}`);

test('an expression is asked for over as many points as a graph has, and nothing else of Prometheus can be', async () => {
  const { status, body } = await graph({ query: 'rate(up[$__rate_interval])', minutes: '60' });
  expect([status, body.step_s, body.series]).toEqual([200, 30, []]);
  expect(asked.map(({ pathname }) => pathname)).toEqual(['/api/v1/query_range']);
  const { searchParams: sent } = asked[0]!;
  expect([sent.get('query'), sent.get('step'), sent.get('timeout')]).toEqual(['rate(up[35s])', '30s', '10s']);
  expect(Number(sent.get('end')) - Number(sent.get('start'))).toBe(3_600);
  for (const at of ['/api/v1/monitoring/query_range', '/api/v1/monitoring/graph/../../admin/tsdb/snapshot'])
    expect((await api.call('GET', at)).status).toBe(404);
  expect(asked).toHaveLength(1);
});

test('what it finds is told by labels, without what is no number, and no more series than can be drawn', async () => {
  const series = Array.from({ length: 60 }, (_none, nth) => ({
    metric: { service: `s${nth}` },
    values: [
      [1, '0.5'],
      [2, 'NaN'],
      [3, '+Inf'],
    ],
  }));
  answer = success({ resultType: 'matrix', result: series });
  const { body } = await graph({ query: 'up' });
  expect([body.series.length, body.left_off]).toEqual([50, 10]);
  expect(body.series[0]).toEqual({ labels: { service: 's0' }, points: [[1, 0.5]] });
});

test('an expression that cannot be worked out is refused in the words of Prometheus, and one that finds too much', async () => {
  answer = { status: 400, body: JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end of input' }) };
  const refused = await graph<{ errors: unknown }>({ query: 'sum(' });
  expect([refused.status, refused.body.errors]).toEqual([422, [{ field: 'query.query', message: 'parse error: unexpected end of input' }]]);
  answer = success({ resultType: 'matrix', result: 'x'.repeat(9 * 2 ** 20) });
  expect((await graph({ query: 'up' })).status).toBe(422);
  for (const query of [{ query: '' }, { query: 'x'.repeat(4_001) }, { query: 'up', minutes: '1000000' }, { query: 'up', url: 'http://x' }])
    expect((await graph(query as Record<string, string>)).status).toBe(422);
});

test.each([
  ['stands still for too long', { status: 503, body: JSON.stringify({ status: 'error', errorType: 'timeout', error: 'query timed out' }) }],
  ['is something else', { status: 200, body: '<html>' }],
  ['leads elsewhere', { status: 302, body: '' }],
])('where it %s, it is told as away', async (_what, said) => {
  answer = said;
  expect((await graph({ query: 'up' })).status).toBe(503);
});

test('targets and alerts are told as they are', async () => {
  const at = '2026-11-30T06:00:00.123456789+09:00';
  const labels = { job: 'mlops', service: 'api', instance: '127.0.0.1:8000' };
  answer = success({
    activeTargets: [{ labels, health: 'down', lastError: 'connection refused', lastScrape: at, scrapeUrl: 'http://x' }],
    alerts: [
      { labels: { alertname: 'ServiceDown', severity: 'critical' }, annotations: { summary: 'it is down' }, state: 'firing', activeAt: at },
    ],
  });
  const { body } = await api.call<Watched>('GET', '/api/v1/monitoring');
  const time = '2026-11-29T21:00:00.123Z';
  expect(body).toEqual({
    prometheus: true,
    targets: [{ job: 'mlops', service: 'api', address: '127.0.0.1:8000', state: 'down', error: 'connection refused', scraped_at: time }],
    alerts: [
      {
        alert: 'ServiceDown',
        severity: 'critical',
        state: 'firing',
        summary: 'it is down',
        since: time,
        labels: { alertname: 'ServiceDown', severity: 'critical' },
      },
    ],
  });
});

test('without one of ours the API tells its own figures; one of others that is away is told as away', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const prometheusUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await new Promise((resolve) => gone.close(resolve));
  const [alone, apart] = await Promise.all([
    startTestApi({ monitoring: { prometheusUrl } }),
    startTestApi({ monitoring: { prometheusUrl, external: true } }),
  ]);
  expect((await alone.call('GET', '/api/v1/monitoring')).body).toEqual({ prometheus: false, targets: [], alerts: [] });
  expect((await apart.call('GET', '/api/v1/monitoring')).status).toBe(503);
  const { body } = await alone.call<{ figures: Record<string, number> }>('GET', '/api/v1/monitoring/figures');
  expect(body.figures).toMatchObject({ requests_total: 1, faults_total: 0, process_memory_bytes: expect.any(Number) });
  await Promise.all([alone.stop(), apart.stop()]);
});
