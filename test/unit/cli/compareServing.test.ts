import { afterEach, describe, expect, test } from '@jest/globals';
import { startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';

let server: Awaited<ReturnType<typeof startApiServer>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const answer = (name: string, ...movies: string[]) => ({
  body: { model: { name, version: '3' }, recommendations: movies.map((movie_id) => ({ movie_id })) },
});
const version = (metrics: Record<string, number>) => ({
  body: {
    ...{
      name: 'm',
      version: '3',
      source: 'blob:a',
      registry_run_id: null,
      stage: 'None',
      status: 'READY',
      description: '',
      gate: null,
      origin: null,
    },
    ...{
      tags: {},
      aliases: [],
      metrics,
      params: {},
      run_tags: {},
      created_at: '2026-11-23T22:55:00.000Z',
      updated_at: '2026-11-23T22:55:00.000Z',
    },
  },
});
const ALL: Record<string, Answer | Answer[]> = {
  'GET /': answer('movie_predictor', '1', '2'),
  'GET /api/v1/recommendations': [answer('ials', '1', '2'), answer('ials', '3', '4')],
  'POST /recommend': answer('ials', '5'),
  'GET /api/v1/models/movie_predictor/versions/3': version({ rmse: 0.9 }),
  'GET /api/v1/models/ials/versions/3': version({ full_ndcg_at_10: 0.12, ndcg_at_10: 0.6 }),
};

async function compare(script: Record<string, Answer | Answer[]>, ...args: string[]) {
  server = await startApiServer(script);
  return invoke(['compare-serving', '--api', server.url, ...args], { env: { SERVING_URL: server.url, MLOPS_API_KEY: 'mine' } });
}

describe('compare-serving', () => {
  test('asks each way as often as it is told, for each user, and shows figures and quality side by side', async () => {
    const { out, exitCode } = await compare(ALL, '--requests', '6', '--connections', '2', '--users', 'u1,u2', '-k', '2');
    expect(exitCode).toBe(0);
    const asked = server!.received.map(({ method, url, body }) =>
      [method, url, (body as { user_id?: string } | undefined)?.user_id ?? ''].join(' '),
    );
    const times = (what: string) => asked.filter((one) => one === what).length;
    expect(times('GET /?k=2 ')).toBe(6);
    expect([times('GET /api/v1/recommendations?k=2&user_id=u1 '), times('GET /api/v1/recommendations?k=2&user_id=u2 ')]).toEqual([3, 3]);
    expect([times('POST /recommend u1'), times('POST /recommend u2')]).toEqual([3, 3]);
    expect(new Set(server!.received.map(({ apiKey }) => apiKey))).toEqual(new Set(['mine']));
    const rows = out.split('\n').map((line) => line.trim().split(/\s{2,}/));
    expect(rows.find(([name]) => name === 'API')!.slice(5)).toEqual(['0', '4', 'ials 3', '0.12', '0.6', '-']);
    expect(rows.find(([name]) => name?.startsWith('legacy'))!.slice(5)).toEqual(['0', '2', 'movie_predictor 3', '-', '-', '0.9']);
    expect(rows.find(([name]) => name === 'model server')!.slice(5, 8)).toEqual(['0', '1', 'ials 3']);
  });

  test('counts what fails, says why, and ends with 1', async () => {
    const failing = { ...ALL, 'POST /recommend': { status: 503, body: { detail: 'no model yet' } } };
    const { out, exitCode } = await compare(failing, '--requests', '4', '--users', '2');
    expect(exitCode).toBe(1);
    expect(out).toMatch(/model server +0 +- +- +- +4 +0 +-/);
    expect(out).toContain('model server: 503: {"detail":"no model yet"}');
  });

  test.each([
    ['--requests', '0'],
    ['--connections', 'many'],
    ['-k', '501'],
    ['--users', ','],
  ])('%s %s is refused before anything is asked', async (option, value) => {
    const { exitCode, err } = await compare(ALL, option, value);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(option)]);
    expect(server!.received).toEqual([]);
  });
});
