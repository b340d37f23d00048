import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import type { MlflowCall } from '../../api/mlflow/call.ts';
import { createCalls } from '../../api/mlflow/routes.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PREFIX = '/api/2.0/mlflow';
const WEBHOOKS = { allowedHosts: [], allowsHttp: false, secretKey: undefined };

let database: TestDatabase;
let api: TestApi;
let calls: readonly MlflowCall[];
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 8, external: true }, webhooks: WEBHOOKS }, createMlflowApi);
  calls = createCalls({ pool: database.pool, blobs: createBlobStore('file:/nowhere'), webhooks: WEBHOOKS });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});

type Json = Readonly<Record<string, unknown>>;
type Answer = Awaited<ReturnType<TestApi['call']>>;
const post = <T>(path: string, json: Json) => api.call<T>('POST', PREFIX + path, { json });

/** Of every field that a call has, what a call takes there, in a registry that has all of it. */
async function aRegistry(): Promise<Json> {
  const made = await post<{ experiment_id: string }>('/experiments/create', { name: `e-${randomUUID()}` });
  const { experiment_id } = made.body;
  const run = await post<{ run: { info: { run_id: string } } }>('/runs/create', { experiment_id, start_time: 1 });
  const run_id = run.body.run.info.run_id;
  const logged = await post<{ model: { info: { model_id: string } } }>('/logged-models', { experiment_id, name: 'weights' });
  const model_id = logged.body.model.info.model_id;
  const name = `m-${run_id}`;
  await post('/registered-models/create', { name });
  await post('/model-versions/create', { name, source: 's3://bucket/key' });
  await post('/registered-models/alias', { name, alias: 'a', version: '1' });
  const pairs = [{ key: 'k', value: 'v' }];
  return {
    ...{ run_id, run_uuid: run_id, run_ids: [run_id], experiment_id, experiment_ids: [experiment_id], experiment_name: 'Default' },
    ...{ model_id, name, new_name: `n-${run_id}`, version: '1', alias: 'a', stage: 'Staging', stages: ['None'], source: 's3://bucket/key' },
    ...{ archive_existing_versions: true, description: 'd', run_link: 'l', run_name: 'r', user_id: 'u', status: 'RUNNING' },
    ...{ key: 'k', value: '1', tag_key: 'k', tags: pairs, params: pairs, timestamp: 1, step: 1, start_time: 1, end_time: 2 },
    ...{ metrics: [{ key: 'k', value: 1, timestamp: 1, step: 1, model_id }], metric_key: 'k', start_step: 0, end_step: 9 },
    ...{
      filter: "tags.k = 'v'",
      max_results: 5,
      page_token: '',
      run_view_type: 'ALL',
      view_type: 'ALL',
      artifact_location: 's3://bucket/key',
    },
    datasets: [{ tags: pairs, dataset: { name: 'd', digest: '1', source_type: 's', source: 's', schema: '{}', profile: '{}' } }],
    ...{ models: [{ model_id, step: 1 }], model_json: '{"artifact_path": "m"}', source_run_id: run_id, model_type: 't' },
    ...{ url: 'https://example.com', secret: 's', events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }], webhook_id: 'w' },
  };
}

/** What stands in a field in place of what it takes. */
const VALUES: readonly unknown[] = [
  ...[null, '', 0, -1, 1.5, 2 ** 53, 1e308, 8.64e15, -8.64e15, -62_167_219_200_001, '-1', '0x10', '9'.repeat(40), 'NaN', '\0', '\ud800'],
  ...['__proto__', '..', 'a/../b', '%2f', "a' OR '1'='1", '\\', 'x'.repeat(10_000), '\ufeff\u202e', [], {}, [null], [[]], { length: 1e9 }],
];

/** The request with each of its parts in turn put in place by `value`: each field, and what is within lists and objects. */
function* mutationsOf(whole: unknown, value: unknown): Generator<unknown> {
  if (Array.isArray(whole)) {
    for (const [at, item] of whole.entries()) for (const changed of mutationsOf(item, value)) yield whole.with(at, changed);
  } else if (typeof whole === 'object' && whole !== null)
    for (const [key, item] of Object.entries(whole)) for (const changed of mutationsOf(item, value)) yield { ...whole, [key]: changed };
  yield value;
}

async function send({ method, path }: MlflowCall, request: Json): Promise<Answer> {
  const inPath = path.split('/').flatMap((part) => (part.startsWith(':') ? [part.slice(1)] : []));
  const at = inPath.reduce(
    (filled, name) => filled.replace(`:${name}`, encodeURIComponent(String(request[name]).replace(/\p{Surrogate}/gu, '?'))),
    path,
  );
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => !inPath.includes(name)));
  if (method !== 'get') return api.call(method.toUpperCase(), PREFIX + at, { text: JSON.stringify(rest), headers: JSON_TYPE });
  const query = Object.entries(rest).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]));
  return api.call('GET', `${PREFIX}${at}?${new URLSearchParams(query).toString()}`);
}
const JSON_TYPE = { 'content-type': 'application/json' };

const isInWords = ({ status, body }: Answer) =>
  status === 200 || (status >= 400 && status < 500 && typeof (body as Json)['error_code'] === 'string');

test('whatever stands in a field of a call is taken or refused in words, and what was taken can be read again', async () => {
  const wrong: string[] = [];
  const note = (call: MlflowCall, request: unknown, answer: Answer) => {
    if (isInWords(answer)) return;
    const said = JSON.stringify(answer.body).slice(0, 200);
    wrong.push(`${call.method} ${call.path} ${JSON.stringify(request).slice(0, 300)}: ${answer.status} ${said}`);
  };
  for (const call of calls) {
    const all = await aRegistry();
    const whole = Object.fromEntries(Object.keys(call.request.shape).map((name) => [name, all[name] ?? 'x']));
    for (const [name, part] of Object.entries(whole)) {
      const twice = Array.isArray(part) ? [[...(part as unknown[]), ...(part as unknown[])]] : [];
      const mutations = [...twice, ...VALUES.flatMap((value) => [...mutationsOf(part, value)])];
      const requests = mutations.map((changed) => ({ ...whole, [name]: changed }));
      while (requests.length > 0)
        await Promise.all(requests.splice(0, 16).map(async (request) => note(call, request, await send(call, request))));
    }
  }
  const { rows } = await database.pool.query<{ id: string }>('select experiment_id::text as id from experiments');
  const everywhere = rows.map(({ id }) => id);
  for (const path of Object.keys(ORDERS))
    for (const call of calls.filter((one) => one.path === path))
      for (const direction of ['ASC', 'DESC']) {
        const order = ORDERS[path]!(direction);
        let token = '';
        do {
          const request = {
            experiment_ids: everywhere,
            run_view_type: 'ALL',
            order_by: [order],
            max_results: 100,
            ...(token && { page_token: token }),
          };
          const answer = await send(call, request);
          note(call, request, answer);
          token = ((answer.body as Json)['next_page_token'] as string | undefined) ?? '';
        } while (token !== '');
      }
  expect(wrong).toEqual([]);
});

const ORDERS: Readonly<Record<string, (direction: string) => unknown>> = {
  '/runs/search': (direction) => `attributes.start_time ${direction}`,
  '/experiments/search': (direction) => `creation_time ${direction}`,
  '/registered-models/search': (direction) => `timestamp ${direction}`,
  '/model-versions/search': (direction) => `creation_timestamp ${direction}`,
  '/logged-models/search': (direction) => ({ field_name: 'metrics.k', ascending: direction === 'ASC' }),
};

/** What Postgres would refuse never came there. */
const isInOwnWords = (answer: Answer) => isInWords(answer) && !JSON.stringify(answer.body).includes('The database cannot keep');

/** A token as the server would have made it of this query, with places of somebody's own. */
const forge = (query: unknown, at: readonly string[]) => {
  const of = createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);
  return Buffer.from(JSON.stringify({ of, at })).toString('base64url');
};

test('a page token that somebody made is refused in words, or leads to a page', async () => {
  const { run_id, experiment_id } = (await aRegistry()) as { run_id: string; experiment_id: string };
  const numbers = ['0b1', '1e-400', '-0', ' 1', '0x10', '1_0', '٣', 'NaN', 'Infinity', '', '9'.repeat(400), '9'.repeat(18), '-9'.repeat(1)];
  const times = [
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01 00:00:00+99',
    '-4714-01-01T00:00:00Z',
  ];
  for (const place of [...numbers, ...times]) {
    const tokens: [string, Json][] = [
      [
        '/runs/search',
        {
          order_by: ['metrics.m'],
          page_token: forge(['runs', [experiment_id], '', ['metrics.m'], ['active']], ['0', place, '2026-01-01 00:00:00+00', 'x']),
        },
      ],
      [
        '/runs/search',
        { order_by: ['start_time'], page_token: forge(['runs', [experiment_id], '', ['start_time'], ['active']], ['0', place, 'x']) },
      ],
      ['/runs/search', { page_token: forge(['runs', [experiment_id], '', [], ['active']], [place, 'x']) }],
    ];
    for (const [path, request] of tokens) {
      const answer = await post(path, { experiment_ids: [experiment_id], ...request });
      expect([place, request, isInOwnWords(answer), answer.body]).toEqual([place, request, true, answer.body]);
    }
    const token = forge(['history', run_id, 'm'], [place, place, place]);
    const history = await api.call('GET', `${PREFIX}/metrics/get-history?run_id=${run_id}&metric_key=m&page_token=${token}`);
    expect([place, isInOwnWords(history), history.body]).toEqual([place, true, history.body]);
  }
});

test('a body full of one thing is answered soon', async () => {
  const { run_id, model_id, experiment_id } = await aRegistry();
  const many = <T>(count: number, make: (nth: number) => T) => Array.from({ length: count }, (_, nth) => make(nth));
  const requests: [string, Json][] = [
    ['/logged-models/search', { experiment_ids: ['0'], order_by: many(2_000, (nth) => ({ field_name: `metrics.m${nth}` })) }],
    ['/logged-models/search', { experiment_ids: ['0'], datasets: many(2_000, (nth) => ({ dataset_name: `d${nth}` })) }],
    [
      '/runs/log-inputs',
      { run_id, datasets: many(8_000, (nth) => ({ dataset: { name: `d${nth}`, digest: '1', source_type: 's', source: 's' } })) },
    ],
    ['/runs/log-inputs', { run_id, models: many(20_000, () => ({ model_id })) }],
    ['/runs/search', { experiment_ids: many(100_000, () => '0') }],
    ['/runs/create', { experiment_id, tags: many(20_000, (nth) => ({ key: `k${nth}`, value: 'v' })) }],
    ['/model-versions/create', { name: 'x', source: `runs:/${'%25'.repeat(160)}` }],
  ];
  for (const [path, request] of requests) {
    const bound = busyBound(5_000);
    const began = performance.now();
    const answer = await post(path, request);
    const tookMs = performance.now() - began;
    expect([path, Object.keys(request), isInWords(answer), answer.status, tookMs < bound]).toEqual([
      path,
      Object.keys(request),
      true,
      answer.status,
      true,
    ]);
  }
});
