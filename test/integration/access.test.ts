import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pMap from 'p-map';
import type { AuditEntry } from '../../contracts/audit.ts';
import { EVENT_STREAM } from '../../contracts/endpoints/endpoint.ts';
import type { IssuedKey, NewKey } from '../../contracts/keys.ts';
import type { ProblemBody } from '../../contracts/problem.ts';
import { ROLES, type Role } from '../../contracts/roles.ts';
import { createKeyBook } from '../../domain/access/keyBook.ts';
import { createSessionBook } from '../../domain/access/sessionBook.ts';
import { removeExpired } from '../../domain/retention/removeExpired.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { routeTable, type RouteRow } from '../roles/routeTable.ts';
import { openSurfaces, type Surfaces } from '../roles/surfaces.ts';
import { OPEN_ACCESS } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { callFlight } from '../support/flightClient.ts';
import { rawRequest } from '../support/rawRequest.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

type Port = keyof Surfaces;
const ROOT = { name: 'root', role: 'admin', secret: 'the-secret-of-root' } as const;

let database: TestDatabase;
let temporal: TestTemporal;
let folder: string;
let rows: RouteRow[];
const urls = {} as Record<Port, string>;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [database, temporal, folder] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'mlops access ')),
  ]);
  const { surfaces, close } = await openSurfaces({
    database: { url: database.url, poolSize: 10, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
    kafka: {
      brokers: [engine('TEST_KAFKA_BROKER')],
      ssl: undefined,
      sasl: undefined,
      topicPrefix: `access-${Date.now()}-`,
      external: true,
    },
    access: { host: '127.0.0.1', credentials: [ROOT], allowedHosts: [], allowedOrigins: [] },
    blobUrl: `file:${folder}`,
    webhooks: { allowedHosts: ['127.0.0.1'], allowsHttp: true, secretKey: undefined },
  });
  rows = routeTable(surfaces);
  for (const [port, app] of Object.entries(surfaces)) {
    const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
    urls[port as Port] = `http://127.0.0.1:${server.port}`;
    closing.push(() => server.close());
  }
  closing.push(close);
});
afterAll(async () => {
  for (const close of closing) await close();
  await temporal?.close();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Call {
  readonly port?: Port;
  readonly key?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
async function call<T = ProblemBody>(method: string, at: string, { port = 'api', key = ROOT.secret, json, headers = {} }: Call = {}) {
  const answer = await fetch(urls[port] + at, {
    method,
    headers: { 'x-api-key': key, ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text.startsWith('{') ? JSON.parse(text) : text) as T };
}
const issue = async (name: string, role: Role) => (await call<NewKey>('POST', '/api/v1/keys', { json: { name, role } })).body;
/** On every port a route that any caller who is known may call. */
const KNOWN: Readonly<Record<Port, string>> = {
  ...{ api: '/metrics', airflow: '/api/v1/dags', mlflow: '/api/2.0/mlflow/experiments/get?experiment_id=0', feast: '/feature_store.yaml' },
  ...{ serving: '/models', worker: '/metrics' },
};
const statusesOf = (key: string) =>
  Promise.all(Object.entries(KNOWN).map(async ([port, at]) => (await call('GET', at, { port: port as Port, key })).status));
const ALL_PORTS = Object.keys(KNOWN);
const everywhere = (status: number) => ALL_PORTS.map(() => status);

describe('a browser that signs in', () => {
  const cookieOf = (headers: Headers) => headers.getSetCookie()[0] ?? '';
  const page = (cookie: string, more: Readonly<Record<string, string>> = {}) => ({ 'x-api-key': '', cookie, origin: urls.api, ...more });
  async function signIn(key: string) {
    const { status, headers } = await call('POST', '/api/v1/session', { key });
    return { status, set: cookieOf(headers), cookie: cookieOf(headers).split(';')[0]! };
  }
  const me = (headers: Readonly<Record<string, string>>) =>
    call<{ name: string; role: Role; is_session: boolean }>('GET', '/api/v1/me', { headers });

  test('has a cookie that no script sees and no other site makes it send, good on every port, and its digest alone is kept', async () => {
    const { status, set, cookie } = await signIn(ROOT.secret);
    expect(status).toBe(200);
    expect(set).toMatch(/^mlops_session_\d+=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect((await me(page(cookie))).body).toEqual({ name: 'root', role: 'admin', is_session: true });
    const statuses = Object.entries(KNOWN).map(([port, at]) => call('GET', at, { port: port as Port, headers: page(cookie) }));
    expect((await Promise.all(statuses)).map((answer) => answer.status)).toEqual(everywhere(200));
    const { rows: kept } = await database.pool.query<{ all: string }>('select json_agg(s)::text as all from console_sessions s');
    expect(kept[0]!.all).toContain('"name":"root"');
    expect(kept[0]!.all).not.toContain(cookie.split('=')[1]);
    expect((await me(page(cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0'))))).status).toBe(401);
  });

  test('behind TLS is told to send it by TLS alone', async () => {
    const { headers } = await call('POST', '/api/v1/session', { headers: { origin: urls.api.replace('http:', 'https:') } });
    expect(cookieOf(headers)).toMatch(/; Secure$/);
  });

  test('changes something by its own page alone: what another page sends with the cookie is refused', async () => {
    const { cookie } = await signIn(ROOT.secret);
    const issueBy = (headers: Record<string, string>) =>
      call('POST', '/api/v1/keys', { json: { name: 'forged', role: 'viewer' }, headers: { 'x-api-key': '', cookie, ...headers } });
    expect((await issueBy({})).status).toBe(403);
    expect((await issueBy({ origin: 'null' })).status).toBe(403);
    expect((await issueBy({ origin: urls.mlflow })).status).toBe(403);
    expect((await issueBy({ origin: urls.api, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await call('GET', '/api/v1/keys', { headers: { 'x-api-key': '', cookie, 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await issueBy({ origin: urls.api, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  test('is out when it logs out, when its key is revoked, and when the session is over', async () => {
    const key = await issue('sina', 'operator');
    const [first, second] = [await signIn(key.key), await signIn(key.key)];
    expect((await me(page(first.cookie))).body).toEqual({ name: 'sina', role: 'operator', is_session: true });
    expect((await call('POST', '/api/v1/session', { headers: page(first.cookie) })).status).toBe(409); // a session makes no other
    const { headers } = await call('DELETE', '/api/v1/session', { headers: page(first.cookie) });
    expect(cookieOf(headers)).toMatch(/^mlops_session_\d+=; Path=\/; Max-Age=0;/);
    expect([(await me(page(first.cookie))).status, (await me(page(second.cookie))).status]).toEqual([401, 200]);
    await call('DELETE', `/api/v1/keys/${key.key_id}`);
    await waitFor('the revoked one to be out', async () => (await me(page(second.cookie))).status === 401);
    const third = await signIn(ROOT.secret);
    await database.pool.query(`update console_sessions set expires_at = now() where name = 'root'`);
    await waitFor('the one that is over to be out', async () => (await me(page(third.cookie))).status === 401);
  });

  test('of a name in CREDENTIALS is out once what stands there is another', async () => {
    const open = (secret: string, role: Role = 'admin') => {
      const access = { ...OPEN_ACCESS, credentials: [{ name: 'root', role, secret }] };
      const keys = createKeyBook(database.pool, silentLog);
      return { sessions: createSessionBook({ db: database.pool, access, keys, log: silentLog }), close: () => keys.close() };
    };
    const { sessions, close } = open('one secret of root');
    const { token } = await sessions.open({ name: 'root', role: 'admin' });
    await close();
    for (const [other, known] of [
      [open('one secret of root'), 'root'],
      [open('another secret of root'), undefined],
      [open('one secret of root', 'viewer'), undefined],
    ] as const) {
      expect((await other.sessions.find(token))?.name).toBe(known);
      await other.close();
    }
  });

  test('stays signed in beside another stack on the same host: each has a cookie of its own port, and ends none but its own', async () => {
    const { cookie } = await signIn(ROOT.secret);
    expect(cookie).toMatch(new RegExp(`^mlops_session_${new URL(urls.api).port}=`));
    const other = `mlops_session_1=${'0'.repeat(64)}`;
    const both = page(`${other}; ${cookie}`);
    expect((await me(both)).body).toMatchObject({ name: 'root', is_session: true });
    const { headers } = await call('DELETE', '/api/v1/session', { headers: both });
    expect(headers.getSetCookie().map((set) => set.split('=')[0])).toEqual([cookie.split('=')[0]]);
    expect((await me(both)).status).toBe(401);
  });

  test('by a name without a port, as behind a proxy, has a cookie without one, which is as good', async () => {
    const { headers } = await rawRequest(urls.api, 'POST', '/api/v1/session', { headers: { host: 'localhost', 'x-api-key': ROOT.secret } });
    const [set = ''] = [headers['set-cookie']].flat();
    expect(set).toMatch(/^mlops_session=/);
    expect((await me(page(set.split(';')[0]!))).status).toBe(200);
  });

  test('is asked for credentials by no prompt of its own, as machines are; what it opens without being known is the page to sign in', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${urls.api}/docs`, { headers, redirect: 'manual' });
    const machine = await ask({ accept: 'application/json' });
    expect([machine.status, machine.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="movie-mlops"']);
    for (const headers of [{ 'x-requested-with': 'console' }, { 'sec-fetch-site': 'same-origin' }]) {
      const answer = await ask(headers);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, null]);
    }
    const opened = await ask({ accept: 'text/html' });
    expect([opened.status, opened.headers.get('location')]).toEqual([302, '/console?from=%2Fdocs']);
  });
});

describe('a key', () => {
  test('is issued once, good on every port, and its digest alone is kept', async () => {
    const made = await issue('anna', 'operator');
    expect(made.key).toMatch(/^mmk_[0-9a-f]{12}_[0-9a-f]{64}$/);
    expect(await statusesOf(made.key)).toEqual(everywhere(200));
    const { body } = await call<{ keys: IssuedKey[] }>('GET', '/api/v1/keys');
    const { key, ...rest } = made;
    expect(body.keys.find(({ key_id }) => key_id === made.key_id)).toEqual(rest);
    expect(rest).toMatchObject({
      prefix: key.slice(0, 17),
      name: 'anna',
      role: 'operator',
      state: 'good',
      created_by: 'root',
      expires_at: null,
    });
    const { rows: kept } = await database.pool.query<{ all: string }>(
      `select (select json_agg(k) from api_keys k)::text || (select json_agg(a) from audit_log a)::text as all`,
    );
    expect(kept[0]!.all).toContain(made.key_id);
    expect(kept[0]!.all).not.toContain(key.slice(18));
  });

  test('is sent as a bearer token and by basic auth too, there under its own name', async () => {
    const { key } = await issue('basil', 'viewer');
    const basic = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}`, 'x-api-key': '' });
    const statusOf = async (headers: Record<string, string>) => (await call('GET', '/metrics', { headers })).status;
    expect(await statusOf({ 'x-api-key': '', authorization: `Bearer ${key}` })).toBe(200);
    expect([await statusOf(basic('basil')), await statusOf(basic('anna'))]).toEqual([200, 401]);
  });

  test('that is revoked is out on every port a few seconds later, whoever knew it', async () => {
    const { key, key_id } = await issue('rudi', 'viewer');
    expect(await statusesOf(key)).toEqual(everywhere(200));
    const { body } = await call<IssuedKey>('DELETE', `/api/v1/keys/${key_id}`);
    expect(body).toMatchObject({ state: 'revoked', revoked_by: 'root', revoked_at: expect.any(String) });
    await waitFor('every port to refuse it', async () => (await statusesOf(key)).every((status) => status === 401));
    expect((await call<IssuedKey>('DELETE', `/api/v1/keys/${key_id}`)).body).toEqual(body);
    expect((await call('POST', `/api/v1/keys/${key_id}/rotate`, { json: {} })).status).toBe(409);
    expect((await call('DELETE', '/api/v1/keys/000000000000')).status).toBe(404);
  });

  test('that is rotated is good beside the new one for as long as is said', async () => {
    const old = await issue('rosa', 'user');
    const rotate = (id: string, json: unknown) => call<NewKey>('POST', `/api/v1/keys/${id}/rotate`, { json });
    const { body: made } = await rotate(old.key_id, {});
    expect(made).toMatchObject({ name: 'rosa', role: 'user', expires_at: null });
    expect([await statusesOf(old.key), await statusesOf(made.key)]).toEqual([everywhere(200), everywhere(200)]);
    expect((await rotate(old.key_id, {})).status).toBe(409);
    const { body: next } = await rotate(made.key_id, { grace_s: 0 });
    await waitFor('the old one to be out', async () => (await statusesOf(made.key)).every((status) => status === 401));
    expect(await statusesOf(next.key)).toEqual(everywhere(200));
    const { body } = await call<{ keys: IssuedKey[] }>('GET', '/api/v1/keys?all=true');
    const told = new Map(body.keys.map((key) => [key.key_id, key]));
    expect(told.get(made.key_id)).toMatchObject({ state: 'expired', replaced_by: next.key_id });
    expect(Date.parse(told.get(old.key_id)!.expires_at!) - Date.now()).toBeGreaterThan(23 * 3_600_000);
  });

  test('says when it was last used, and what cannot be issued is refused', async () => {
    const { key, key_id } = await issue('lena', 'viewer');
    const book = createKeyBook(database.pool, silentLog);
    await book.find(key);
    await book.close();
    const { body } = await call<{ keys: IssuedKey[] }>('GET', '/api/v1/keys');
    expect(body.keys.find((one) => one.key_id === key_id)?.last_used_at).toEqual(expect.any(String));
    for (const json of [
      { name: 'a:b', role: 'viewer' },
      { name: 'a', role: 'root' },
      { name: 'a', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' },
    ])
      expect((await call('POST', '/api/v1/keys', { json })).status).toBe(422);
  });
});

describe('the matrix of roles', () => {
  test('every route of every port answers everybody as docs/roles.md says', async () => {
    const revoked = await issue('gone', 'admin');
    await call('DELETE', `/api/v1/keys/${revoked.key_id}`);
    const strangers = { 'no key': '', 'a wrong key': 'the-secret-of-nobody', 'a revoked key': revoked.key };
    const known = new Map<Role, string>();
    for (const role of ROLES) known.set(role, (await issue(role, role)).key);
    const asks = rows.flatMap((row) => [
      ...Object.entries(strangers).map(([who, key]) => ({ row, who, key, expected: row.role === 'anyone' ? 'heard' : '401' })),
      ...[...known].map(([role, key]) => ({ row, who: role, key, expected: isHeard(row, role) ? 'heard' : '403' })),
    ]);
    const wrong = await pMap(
      asks,
      async ({ row, who, key, expected }) => {
        const got = await ask(row, key);
        return got === expected ? [] : [`${row.port} ${row.method} ${row.path} by ${who}: ${got}, not ${expected}`];
      },
      { concurrency: 8 },
    );
    expect(wrong.flat()).toEqual([]);
    expect(asks.length).toBeGreaterThan(4_000);
  });

  const isHeard = ({ role }: RouteRow, who: Role) => role === 'anyone' || ROLES.indexOf(who) >= ROLES.indexOf(role);

  /** With nothing that could be done: names that nobody has, and empty bodies. A user may ask for what is theirs. */
  async function ask({ port, method, path: at, role }: RouteRow, key: string): Promise<string> {
    if (method === 'FLIGHT') return askFlight(at, role, key);
    const named = at
      .replace('{/*folder}', '')
      .replace(':user_id', 'user')
      .replace(/[:*]\w+/g, 'none');
    const hasBody = !['GET', 'DELETE'].includes(method);
    const answer = await fetch(urls[port] + named, {
      method,
      headers: { ...(key && { 'x-api-key': key }), ...(hasBody && { 'content-type': 'application/json' }) },
      ...(hasBody && { body: '{}' }),
    });
    if (answer.headers.get('content-type')?.startsWith(EVENT_STREAM)) await answer.body?.cancel();
    else await answer.arrayBuffer();
    return [401, 403].includes(answer.status) ? String(answer.status) : 'heard';
  }

  async function askFlight(api: string, role: RouteRow['role'], key: string): Promise<string> {
    const command = {
      api,
      feature_view_names: ['user_recent'],
      data_source_proto: '{"name": "none"}',
      feature_refs: [],
      name_aliases: [null],
    };
    const method = role === 'operator' ? 'DoPut' : 'DoExchange';
    const { code } = await callFlight(urls.feast, { command, method, headers: key ? { 'x-api-key': key } : {} });
    return { UNAUTHENTICATED: '401', PERMISSION_DENIED: '403' }[code] ?? 'heard';
  }
});

describe('the audit log', () => {
  const entriesOf = async (query: string) =>
    (await call<{ entries: AuditEntry[]; next_cursor: string | null }>('GET', `/api/v1/audit?${query}`)).body.entries;
  /** All of a request, the oldest first, once it is answered. */
  async function trailOf(requestId: string): Promise<AuditEntry[]> {
    let trail: AuditEntry[] = [];
    await waitFor('the request to be written down', async () => {
      const { rows: asked } = await database.pool.query<{ audit_id: string }>(
        `select audit_id::text from audit_log where request_id = $1 and kind = 'asked'`,
        [requestId],
      );
      if (!asked[0]) return false;
      trail = (await entriesOf(`request=${asked[0].audit_id}`)).toReversed();
      return trail.at(-1)?.kind === 'answered';
    });
    return trail;
  }
  const ROUTE = { variants: [{ name: 'a', weight: 1, models: ['ials@champion'] }] };
  const change = async (method: string, at: string, json: unknown, more: Call = {}) => {
    const { status, body, headers } = await call(method, at, { json, ...more });
    return { status, body, trail: await trailOf(headers.get('x-request-id')!) };
  };

  test('has who asked for what by which key, what changed from what to what, and the answer', async () => {
    const { key, key_id } = await issue('olga', 'operator');
    const { status, trail } = await change('PUT', '/api/v1/routes/audited', { ...ROUTE, reason: 'a try' }, { key });
    expect([status, trail.map(({ kind }) => kind)]).toEqual([200, ['asked', 'changed', 'answered']]);
    const [asked, changed, answered] = trail as [AuditEntry, AuditEntry, AuditEntry];
    const by = { who: 'olga', key_id, role: 'operator', request: asked.audit_id, request_id: asked.request_id };
    expect(asked).toMatchObject({
      ...by,
      what: 'PUT /api/v1/routes/:route',
      target: '/api/v1/routes/audited',
      before: null,
      after: null,
      status: null,
    });
    expect(changed).toMatchObject({ ...by, what: 'insert route_revisions', target: 'route_revisions/audited/1', before: null });
    expect(changed.after).toMatchObject({ revision: 1, changed_by: 'olga', reason: 'a try', spec: { variants: [{ name: 'a' }] } });
    expect(answered).toMatchObject({ ...by, status: 200 });
  });

  test('of an update it has the fields that changed alone', async () => {
    const { body: rule } = await call<{ rule_id: string }>('POST', '/api/v1/serving-rules', {
      json: { action: 'hide', match: { movie_ids: ['1'] }, reason: 'so' },
    });
    const { trail } = await change('DELETE', `/api/v1/serving-rules/${rule.rule_id}?reason=settled`, undefined);
    expect(trail[1]).toMatchObject({
      what: 'update serving_rules',
      before: { removed_at: null, removed_by: null, removed_reason: null },
      after: { removed_at: expect.any(String), removed_by: 'root', removed_reason: 'settled' },
    });
  });

  test('what is refused before it begins is not there; what fails has its answer and no change', async () => {
    const count = async () => (await database.pool.query<{ n: number }>('select count(*) as n from audit_log')).rows[0]!.n;
    const before = await count();
    expect((await call('PUT', '/api/v1/routes/audited', { json: {} })).status).toBe(422);
    expect((await call('GET', '/api/v1/routes/audited')).status).toBe(200);
    expect(await count()).toBe(before);
    const { status, trail } = await change('PUT', '/api/v1/routes/audited', { ...ROUTE, reason: 'late', if_revision: 7 });
    expect([status, trail.map(({ kind, status: told }) => [kind, told])]).toEqual([
      409,
      [
        ['asked', null],
        ['answered', 409],
      ],
    ]);
  });

  test('a change that cannot be written down is not made', async () => {
    await database.pool.query(`alter table audit_log add constraint refuses check (what <> 'insert route_revisions') not valid`);
    const { status } = await call('PUT', '/api/v1/routes/audited', { json: { ...ROUTE, reason: 'unseen' } });
    await database.pool.query('alter table audit_log drop constraint refuses');
    expect(status).toBeGreaterThanOrEqual(400);
    const { rows: revisions } = await database.pool.query(`select reason from route_revisions where route = 'audited'`);
    expect(revisions).toEqual([{ reason: 'a try' }]);
  });

  test('nothing that has to be written down first is done while the log cannot be', async () => {
    await database.pool.query(`alter table audit_log add constraint refuses check (kind <> 'asked') not valid`);
    const { status } = await call('PUT', '/api/v1/schedules/unseen', { json: { workflow: 'movieDataCollection', cron: '0 3 * * *' } });
    await database.pool.query('alter table audit_log drop constraint refuses');
    expect(status).toBeGreaterThanOrEqual(400);
    expect((await call('GET', '/api/v1/schedules/unseen')).status).toBe(404);
  });

  test('schedules, which Temporal keeps, by our own API and by that of Airflow', async () => {
    const { trail } = await change('PUT', '/api/v1/schedules/audited', { workflow: 'movieDataCollection', cron: '0 3 * * *' });
    expect(trail[1]).toMatchObject({
      what: 'put schedule',
      target: 'schedules/audited',
      before: null,
      after: { cron: ['0 3 * * *'], paused: false },
    });
    await waitFor('Temporal to list it', async () => JSON.stringify((await call('GET', '/api/v1/schedules')).body).includes('audited'));
    const paused = await change('PATCH', '/api/v1/dags/movie_data_collection', { is_paused: true }, { port: 'airflow' });
    expect(paused.trail[1]).toMatchObject({ what: 'pause schedule', before: { paused: false }, after: { paused: true } });
  });

  test('a movie that the API takes out of the catalogue, and puts back', async () => {
    await database.pool.query(`insert into movies (movie_id, title, source) values (990001, 'Audited', 'test')`);
    const gone = await change('DELETE', '/api/v1/movies/990001', undefined);
    expect(gone.trail[1]).toMatchObject({ what: 'insert gone_movies', target: 'gone_movies/990001', before: null });
    const back = await change('PUT', '/api/v1/movies/990001', { title: 'Audited' });
    expect(back.trail[1]).toMatchObject({ what: 'delete gone_movies', before: { movie_id: 990_001 }, after: null });
  });

  test('what a client of MLflow changes of models is there, what it logs of runs is not; a secret never is', async () => {
    const mlflow = (at: string, json: unknown) => change('POST', `/api/2.0/mlflow/${at}`, json, { port: 'mlflow' });
    const { trail } = await mlflow('registered-models/create', { name: 'theirs' });
    expect(trail.map(({ what }) => what)).toContain('insert registered_models');
    const hook = {
      name: 'hook',
      url: 'http://127.0.0.1:1/hook',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
      secret: 'planted-secret-of-a-hook',
    };
    const { trail: hooked } = await mlflow('webhooks', hook);
    expect(hooked[1]).toMatchObject({ what: 'insert webhooks', after: { url: 'http://127.0.0.1:1/hook' } });
    expect(JSON.stringify(hooked)).not.toContain('planted');
    const { status } = await call('POST', '/api/2.0/mlflow/runs/create', { json: { experiment_id: '0' }, port: 'mlflow' });
    expect([status, await entriesOf('target=/api/2.0/mlflow/runs')]).toEqual([200, []]);
  });

  test('who signed in and out by which key, and who was refused from where; neither a secret nor what was typed as a name', async () => {
    const { key, key_id } = await issue('ines', 'viewer');
    const entered = await call('POST', '/api/v1/session', { key });
    const by = { who: 'ines', key_id, role: 'viewer' };
    const trail = await trailOf(entered.headers.get('x-request-id')!);
    expect(trail).toMatchObject([
      { ...by, kind: 'asked', what: 'POST /api/v1/session' },
      { ...by, kind: 'answered', status: 200 },
    ]);
    const cookie = entered.headers.getSetCookie()[0]!.split(';')[0]!;
    const left = await call('DELETE', '/api/v1/session', { headers: { 'x-api-key': '', cookie, origin: urls.api } });
    expect(await trailOf(left.headers.get('x-request-id')!)).toMatchObject([
      { ...by, kind: 'asked', what: 'DELETE /api/v1/session' },
      { ...by, kind: 'answered', status: 200 },
    ]);
    const typed = `Basic ${Buffer.from('my-password-in-the-wrong-field:and-another').toString('base64')}`;
    const refused = await call('POST', '/api/v1/session', { headers: { 'x-api-key': '', authorization: typed } });
    const stranger = { who: 'unknown, from 127.0.0.1', key_id: null, role: null };
    expect(await trailOf(refused.headers.get('x-request-id')!)).toMatchObject([
      { ...stranger, kind: 'asked', what: 'POST /api/v1/session' },
      { ...stranger, kind: 'answered', status: 401 },
    ]);
    const { rows: told } = await database.pool.query<{ all: string }>('select json_agg(a)::text as all from audit_log a');
    for (const secret of [key.slice(18), cookie.split('=')[1]!, 'wrong-field', 'and-another']) expect(told[0]!.all).not.toContain(secret);
  });

  test('of refused sign-ins it has as many a minute as do not fill it', async () => {
    for (let at = 0; at < 200; at += 1) await call('POST', '/api/v1/session', { key: 'the-secret-of-nobody' });
    const refused = await entriesOf('target=/api/v1/session&kind=asked&limit=1000');
    const strangers = refused.filter(({ who }) => who.startsWith('unknown'));
    expect(strangers.length).toBeGreaterThan(5);
    expect(strangers.length).toBeLessThan(150);
  });

  test('names no user who signs in with a key of theirs, or asks for their own erasure', async () => {
    const { key } = await issue('u-4711', 'user');
    const entered = await call('POST', '/api/v1/session', { key });
    expect((await trailOf(entered.headers.get('x-request-id')!))[0]).toMatchObject({ who: 'the user', role: 'user' });
    const { status, trail } = await change('POST', '/api/v1/users/u-4711/erasure', undefined, { key });
    expect([status, trail[0]]).toMatchObject([202, { who: 'the user', target: '/api/v1/users/…/erasure' }]);
    const { rows: told } = await database.pool.query(`select from audit_log a where a::text like '%u-4711%'`);
    expect(told).toEqual([]);
  });

  test('is filtered and read page by page', async () => {
    const all = await entriesOf('who=root&kind=changed&limit=1000');
    const page = await call<{ entries: AuditEntry[]; next_cursor: string }>('GET', '/api/v1/audit?who=root&kind=changed&limit=2');
    const next = await entriesOf(`who=root&kind=changed&limit=2&cursor=${page.body.next_cursor}`);
    expect([...page.body.entries, ...next]).toEqual(all.slice(0, 4));
    expect((await entriesOf('target=schedules/audited')).every(({ target }) => target === 'schedules/audited')).toBe(true);
    expect(await entriesOf('until=2020-01-01T00:00:00Z')).toEqual([]);
  });

  test('is added to and never changed; what is kept long enough goes by retention alone', async () => {
    const { pool } = database;
    for (const sql of ['update audit_log set who = $$nobody$$', 'delete from audit_log', 'truncate audit_log'])
      await expect(pool.query(sql)).rejects.toThrow('audit_log is append-only');
    await pool.query(`insert into audit_log (happened_at, kind, who, what, target) values ('2020-01-01', 'changed', 'me', 'w', 't')`);
    const epoch = new Date(0);
    const removed = await removeExpired({
      ...{ pool, dataDir: folder, logsBefore: epoch, rejectsBefore: epoch, auditBefore: new Date('2021-01-01') },
      ...{ signal: new AbortController().signal, onProgress: () => undefined },
    });
    expect(removed.audit).toBe(1);
    await expect(pool.query('delete from audit_log')).rejects.toThrow('append-only');
  });
});
