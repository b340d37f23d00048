import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { Webhook, WebhookDelivery } from '../../contracts/webhooks.ts';
import { setAlias, removeAlias } from '../../domain/registry/aliases.ts';
import { createModel, deleteModel, removeModelTag, renameModel, setModelTag } from '../../domain/registry/registeredModels.ts';
import { deleteVersion, removeVersionTag, setVersionTag } from '../../domain/registry/versionChanges.ts';
import { createModelVersion, holdModel, setVersionTags } from '../../domain/registry/versions.ts';
import { dispatchDeliveries, sweepDeliveries } from '../../domain/webhooks/deliveries.ts';
import { sendOnce } from '../../domain/webhooks/send.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { startReceiver, type Receiver } from '../support/webhookReceiver.ts';

const SECRET_KEY = 'of these tests, and of nothing else';
const SETTINGS = { allowedHosts: ['127.0.0.0/8'], allowsHttp: true, secretKey: SECRET_KEY };
const ALL = {
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['SET', 'DELETED'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['SET', 'DELETED'],
  PROMPT_VERSION_TAG: ['SET', 'DELETED'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
};
const EVERY_EVENT = Object.entries(ALL).flatMap(([entity, actions]) => actions.map((action) => ({ entity, action })));
const CREATED = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let receiver: Receiver;
beforeAll(async () => {
  [database, temporal, receiver] = await Promise.all([createTestDatabase(), createTestTemporal(), startReceiver()]);
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, webhooks: SETTINGS });
});
afterAll(async () => {
  await api?.stop();
  await receiver?.stop();
  await temporal?.close();
  await database?.drop();
});
beforeEach(async () => {
  await database.pool.query('truncate webhooks, registered_models cascade');
  receiver.received.length = 0;
});

type Json = Record<string, unknown>;
interface Shown {
  webhook: { webhook_id: string; creation_timestamp: number };
}
const ask = <T = Json>(method: string, path = '', json?: Json) =>
  api.call<T>(method, `/api/2.0/mlflow/webhooks${path}`, { ...(json && { json }) });
const urlOf = (path: string) => `http://127.0.0.1:${receiver.port}${path}`;
const given = (more: Json = {}) => ({ name: 'hook', url: urlOf('/200'), events: CREATED, ...more });
async function aWebhook(more: Json = {}): Promise<string> {
  const { status, body } = await ask<Shown>('POST', '', given(more));
  expect([status, body]).toEqual([200, expect.anything()]);
  return body.webhook.webhook_id;
}
const wrong = (message: string) => ({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message } });
const noWebhook = (id: string) => ({
  status: 404,
  body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `Webhook with ID ${id} not found.` },
});

describe('the calls of MLflow', () => {
  test('make, show, list, change and delete a webhook in its shapes, and never tell the secret', async () => {
    const made = await ask<Shown>('POST', '', given({ events: EVERY_EVENT.slice(0, 6), secret: 'not to be told', description: 'd' }));
    const id = made.body.webhook.webhook_id;
    const ms = expect.any(Number);
    const webhook = {
      webhook_id: id,
      name: 'hook',
      description: 'd',
      url: urlOf('/200'),
      events: [
        { entity: 'MODEL_VERSION', action: 'CREATED' },
        { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
        { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' },
        { entity: 'MODEL_VERSION_TAG', action: 'DELETED' },
        { entity: 'MODEL_VERSION_TAG', action: 'SET' },
        { entity: 'REGISTERED_MODEL', action: 'CREATED' },
      ],
      status: 'ACTIVE',
      creation_timestamp: ms,
      last_updated_timestamp: ms,
    };
    expect(made).toMatchObject({ status: 200, body: { webhook } });
    expect(made.body).toEqual({ webhook });
    expect((await ask('GET', `/${id}`)).body).toEqual({ webhook });
    expect((await ask('GET')).body).toEqual({ webhooks: [webhook] });
    expect((await ask('PATCH', `/${id}`, {})).body).toEqual({ webhook });
    expect((await ask('PATCH', `/${id}`, { name: '', url: '', events: [], status: 'NOPE' })).body).toEqual({ webhook });
    const { description, ...changed } = { ...webhook, name: 'b', events: CREATED, status: 'DISABLED' };
    const change = { name: 'b', description: '', events: [...CREATED, ...CREATED], status: 'DISABLED', webhook_id: 'another' };
    expect((await ask('PATCH', `/${id}`, change)).body).toEqual({ webhook: changed });
    const { rows } = await database.pool.query<{ secret: string }>('select secret from webhooks');
    expect(rows).toEqual([{ secret: expect.stringMatching(/^aes-256-gcm:[\w+/=]+$/) }]);
    expect(await ask('DELETE', `/${id}`)).toMatchObject({ status: 200, body: {} });
    for (const [method, path, json] of [
      ['GET', `/${id}`],
      ['PATCH', `/${id}`, {}],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/test`, {}],
    ] as const)
      // prettier-ignore
      expect(await ask(method, path, json)).toMatchObject(noWebhook(id));
    expect(description).toBe('d');
  });

  test('list page by page, newest first, also when one was added meanwhile', async () => {
    expect((await ask('GET')).body).toEqual({});
    const ids = [];
    for (const name of ['a', 'b', 'c']) ids.unshift(await aWebhook({ name }));
    type Page = { webhooks: { webhook_id: string }[]; next_page_token?: string };
    const first = await ask<Page>('GET', '?max_results=2');
    await aWebhook({ name: 'd' });
    const second = await ask<Page>('GET', `?max_results=2&page_token=${first.body.next_page_token}`);
    expect([...first.body.webhooks, ...second.body.webhooks].map(({ webhook_id }) => webhook_id)).toEqual(ids);
    expect(second.body.next_page_token).toBeUndefined();
    for (const most of [-1, 1001])
      expect(await ask('GET', `?max_results=${most}`)).toMatchObject(wrong('max_results must be between 1 and 1000.'));
    expect(await ask('GET', '?max_results=0')).toMatchObject({ status: 200 });
    expect(await ask('GET', '?page_token=zz')).toMatchObject({ status: 400 });
  });

  const missing = (name: string) =>
    `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`;
  const name = (sent: string) =>
    `Webhook name '${sent}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`;
  test.each([
    [{ name: undefined }, missing('name')],
    [{ url: '' }, missing('url')],
    [{ events: undefined }, missing('events')],
    [{ events: [] }, 'Webhook events must be a non-empty list of WebhookEvent objects: [].'],
    [{ name: 'a b' }, name('a b')],
    [{ name: '-a' }, name('-a')],
    [{ name: 'a'.repeat(64) }, name('a'.repeat(64))],
    [{ url: ' ' }, "Webhook URL cannot be empty or just whitespace: ' '"],
    [{ url: 'ftp://a/b' }, "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: http, https."],
    [{ url: 'nope' }, "Invalid webhook URL scheme: ''. Allowed schemes are: http, https."],
    [{ url: 'file:///etc/passwd' }, "Invalid webhook URL scheme: 'file'. Allowed schemes are: http, https."],
    [{ url: 'https://' }, "Webhook URL must include a hostname: 'https://'"],
    [
      { events: [{ entity: 'MODEL_VERSION', action: 'SET' }] },
      "Invalid action 'set' for entity 'model_version'. Valid actions are: ['created']",
    ],
    [
      { events: [{ entity: 'MODEL_VERSION_TAG', action: 'CREATED' }] },
      "Invalid action 'created' for entity 'model_version_tag'. Valid actions are: ['deleted', 'set']",
    ],
  ])('refuse %j in its words', async (sent, message) => {
    expect(await ask('POST', '', given(sent))).toMatchObject(wrong(message));
    expect((await ask('GET')).body).toEqual({});
  });

  test('are for operators: who only reads is told neither where changes go, nor may send any', async () => {
    const access = { host: '127.0.0.1', credentials: [{ name: 'eve', role: 'viewer', secret: 'sixteen or more!' }], allowedHosts: [], allowedOrigins: [] } as const; // prettier-ignore
    const closed = await startTestApi({ database: { url: database.url, poolSize: 2, external: true }, webhooks: SETTINGS, access });
    const headers = { 'x-api-key': 'sixteen or more!' };
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['GET', '/a'],
      ['PATCH', '/a'],
      ['DELETE', '/a'],
      ['POST', '/a/test'],
    ] as const)
      // prettier-ignore
      expect(await closed.call(method, `/api/2.0/mlflow/webhooks${path}`, { headers })).toMatchObject({ status: 403 });
    for (const path of ['', '/a/deliveries'])
      expect(await closed.call('GET', `/api/v1/webhooks${path}`, { headers })).toMatchObject({ status: 403 });
    await closed.stop();
  });
});

describe('where webhooks may lead', () => {
  let outside: TestApi;
  beforeAll(async () => {
    const webhooks = { ...SETTINGS, allowedHosts: [] };
    outside = await startTestApi({ database: { url: database.url, poolSize: 2, external: true }, webhooks });
  });
  afterAll(() => outside?.stop());

  test.each([
    ['http://127.0.0.1/x', '127.0.0.1'],
    ['http://2130706433/x', '127.0.0.1'],
    ['http://0x7f.1/x', '127.0.0.1'],
    ['http://[::1]/x', '::1'],
    ['http://[::ffff:10.0.0.1]/x', '::ffff:a00:1'],
    ['http://[64:ff9b::7f00:1]/x', '64:ff9b::7f00:1'],
    ['http://10.1.2.3/x', '10.1.2.3'],
    ['http://172.16.0.1/x', '172.16.0.1'],
    ['http://192.168.0.1/x', '192.168.0.1'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254'],
    ['http://100.64.0.1/x', '100.64.0.1'],
    ['http://0.0.0.0/x', '0.0.0.0'],
    ['http://[fd00:ec2::254]/x', 'fd00:ec2::254'],
    ['http://[fe80::1]/x', 'fe80::1'],
    ['http://localhost/x', '(127\\.0\\.0\\.1|::1)'],
  ])('%s is refused when it is made, when it is changed, and when it is sent to', async (url, address) => {
    const path = '/api/2.0/mlflow/webhooks';
    const message = expect.stringMatching(
      new RegExp(`^Webhook URL must not resolve to a non-public IP address\\. '.*' resolves to ${address}\\.$`),
    );
    expect(await outside.call('POST', path, { json: given({ url }) })).toMatchObject({ status: 400, body: { message } });
    const id = await aWebhook();
    expect(await outside.call('PATCH', `${path}/${id}`, { json: { url } })).toMatchObject({ status: 400, body: { message } });
    // As if the name had led elsewhere when it was made.
    await database.pool.query('update webhooks set url = $1', [url]);
    const tested = await outside.call<{ result: Json }>('POST', `${path}/${id}/test`, { json: {} });
    expect(tested.body.result).toEqual({
      success: false,
      error_message: expect.stringMatching(/is no public address, and those alone are told/),
    });
  });

  test('a name that leads inside is refused, and so are addresses without TLS where nobody allowed them, and credentials', async () => {
    const strict = await startTestApi({ database: { url: database.url, poolSize: 2, external: true } });
    const make = (url: string) => strict.call('POST', '/api/2.0/mlflow/webhooks', { json: given({ url }) });
    expect(await make('http://example.com/')).toMatchObject(wrong("Invalid webhook URL scheme: 'http'. Allowed schemes are: https."));
    expect(await make('https://localhost/')).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^Webhook URL must not resolve to a non-public/) },
    });
    expect(await make('https://no-such-name.invalid/')).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^Cannot resolve Webhook URL hostname 'no-such-name.invalid'/) },
    });
    expect(await make('https://me:pass@example.com/')).toMatchObject(wrong('Webhook URL must not include embedded credentials'));
    await strict.stop();
  });
});

describe('a test', () => {
  const results = async (id: string, json?: Json) => (await ask<{ result: Json }>('POST', `/${id}/test`, json)).body.result;

  test('sends an example, signed as MLflow and as Standard Webhooks say', async () => {
    const secret = `whsec_${Buffer.from('a key of its own').toString('base64')}`;
    const id = await aWebhook({ secret });
    expect(await results(id, { event: { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' } })).toEqual({
      success: true,
      response_status: 200,
      response_body: 'thanks',
    });
    const [{ headers, body }] = receiver.received as [Receiver['received'][number]];
    expect(JSON.parse(body)).toEqual({
      entity: 'model_version_alias',
      action: 'deleted',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      data: { name: 'example_model', alias: 'example_alias' },
    });
    const signed = `${headers['x-mlflow-delivery-id'] as string}.${headers['x-mlflow-timestamp'] as string}.${body}`;
    const sign = (key: string) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-mlflow-signature': sign(secret),
      'webhook-signature': sign('a key of its own'),
      'webhook-id': headers['x-mlflow-delivery-id'],
      'webhook-timestamp': headers['x-mlflow-timestamp'],
    });
    await ask('PATCH', `/${id}`, { secret: '' });
    await results(id);
    expect(Object.keys(receiver.received[1]!.headers).filter((name) => name.includes('signature'))).toEqual([]);
  });

  test('tells what went wrong, and follows no redirect', async () => {
    const id = await aWebhook({ url: urlOf('/404') });
    expect(await results(id)).toEqual({ success: false, response_status: 404, response_body: 'thanks' });
    await ask('PATCH', `/${id}`, { url: urlOf('/302') });
    expect(await results(id)).toMatchObject({ success: false, response_status: 302 });
    expect(receiver.at('/200')).toEqual([]);
    await ask('PATCH', `/${id}`, { url: 'http://127.0.0.1:1/' });
    expect(await results(id)).toEqual({ success: false, error_message: expect.stringMatching(/^Failed to test webhook: .*ECONNREFUSED/) });
  });

  test('ends where the receiver says nothing', async () => {
    const message = { id: 'a', event: 'prompt.created', occurredAt: new Date().toISOString(), data: {} } as const;
    const attempt = await sendOnce({ url: urlOf('/silent'), keptSecret: null }, message, SETTINGS, 100);
    expect(attempt).toMatchObject({ isDelivered: false, isWorthRetry: true, error: 'it did not answer within 0.1 s' });
  });
});

/** What waits to be sent, in the order in which it happened, once the changes are committed. */
async function told(): Promise<[string, Json][]> {
  const { rows } = await database.pool.query<{ event: string; data: Json }>(
    'select event, data from webhook_deliveries order by occurred_at, event',
  );
  return rows.map(({ event, data }) => [event, data]);
}
const aVersion = (name: string, tags: Record<string, string> = {}) =>
  withTransaction(database.pool, async (db) => {
    await holdModel(db, name);
    return createModelVersion(db, { name, source: 's3://b/x', registryRunId: null, origin: null, tags });
  });

describe('a change is told', () => {
  test('as MLflow tells it, whoever makes it: of a model, a version, its tags and aliases', async () => {
    const { pool } = database;
    await aWebhook({ events: EVERY_EVENT });
    await aWebhook({ name: 'asleep', events: EVERY_EVENT, status: 'DISABLED' });
    await aWebhook({ name: 'of-prompts', events: [{ entity: 'PROMPT', action: 'CREATED' }] });
    await createModel(pool, { name: 'm', description: '', tags: { a: 'b' } });
    await aVersion('m', { c: 'd' });
    await setVersionTag(pool, { name: 'm', version: '1', key: 'k', value: 'v' });
    await setVersionTags(pool, 'm', '1', { k: 'w' });
    await removeVersionTag(pool, { name: 'm', version: '1', key: 'k' });
    await removeVersionTag(pool, { name: 'm', version: '1', key: 'never there' });
    await setAlias(pool, { name: 'm', alias: 'x', version: '1' });
    await aVersion('m');
    await setAlias(pool, { name: 'm', alias: 'x', version: '2' });
    await removeAlias(pool, 'm', 'x');
    const version = { name: 'm', version: '1', source: 's3://b/x', run_id: null, description: null };
    expect(await told()).toEqual([
      ['registered_model.created', { name: 'm', tags: { a: 'b' }, description: '' }],
      ['model_version.created', { ...version, tags: { c: 'd' } }],
      ['model_version_tag.set', { name: 'm', version: '1', key: 'k', value: 'v' }],
      ['model_version_tag.set', { name: 'm', version: '1', key: 'k', value: 'w' }],
      ['model_version_tag.deleted', { name: 'm', version: '1', key: 'k' }],
      ['model_version_alias.created', { name: 'm', alias: 'x', version: '1' }],
      ['model_version.created', { ...version, version: '2', tags: {} }],
      ['model_version_alias.created', { name: 'm', alias: 'x', version: '2' }],
      ['model_version_alias.deleted', { name: 'm', alias: 'x' }],
    ]);
  });

  test('of prompts by names of their own', async () => {
    const { pool } = database;
    await aWebhook({ events: EVERY_EVENT });
    await createModel(pool, { name: 'p', description: 'd', tags: { 'mlflow.prompt.is_prompt': 'true', mine: '1' } });
    await setModelTag(pool, 'p', 'k', 'v');
    await aVersion('p', { 'mlflow.prompt.is_prompt': 'true', 'mlflow.prompt.text': 'Hello {{name}}', mine: '2' });
    await setVersionTag(pool, { name: 'p', version: '1', key: 'k', value: 'v' });
    await setAlias(pool, { name: 'p', alias: 'x', version: '1' });
    await removeAlias(pool, 'p', 'x');
    await removeVersionTag(pool, { name: 'p', version: '1', key: 'k' });
    await removeModelTag(pool, 'p', 'k');
    expect(await told()).toEqual([
      ['prompt.created', { name: 'p', tags: { mine: '1' }, description: 'd' }],
      ['prompt_tag.set', { name: 'p', key: 'k', value: 'v' }],
      ['prompt_version.created', { name: 'p', version: '1', template: 'Hello {{name}}', tags: { mine: '2' }, description: null }],
      ['prompt_version_tag.set', { name: 'p', version: '1', key: 'k', value: 'v' }],
      ['prompt_alias.created', { name: 'p', alias: 'x', version: '1' }],
      ['prompt_alias.deleted', { name: 'p', alias: 'x' }],
      ['prompt_version_tag.deleted', { name: 'p', version: '1', key: 'k' }],
      ['prompt_tag.deleted', { name: 'p', key: 'k' }],
    ]);
  });

  test('only where it stands: neither what was rolled back, nor what a rename or a deletion takes along', async () => {
    const { pool } = database;
    await aVersion('m', { c: 'd' });
    await setAlias(pool, { name: 'm', alias: 'x', version: '1' });
    await aWebhook({ events: EVERY_EVENT });
    await expect(
      withTransaction(pool, async (db) => {
        await createModel(db, { name: 'never', description: '', tags: {} });
        throw new Error('on second thought');
      }),
    ).rejects.toThrow('on second thought');
    await withTransaction(pool, (db) => renameModel(db, 'm', 'n'));
    await deleteVersion(pool, 'n', '1');
    await deleteModel(pool, 'n');
    expect(await told()).toEqual([]);
  });
});

describe('a delivery', () => {
  let worker: TestProcess | undefined;
  afterAll(() => worker?.end());

  async function startWorker(): Promise<TestProcess> {
    const [port = 0] = await freePorts(1);
    return startProcess('workers/control', port, {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      WORKER_CONTROL_METRICS_PORT: String(port),
      WEBHOOK_ALLOWED_HOSTS: '127.0.0.0/8',
      WEBHOOK_ALLOW_HTTP: '1',
      WEBHOOK_SECRET_KEY: SECRET_KEY,
    });
  }
  const deliveries = async (id: string) =>
    (await api.call<{ deliveries: WebhookDelivery[] }>('GET', `/api/v1/webhooks/${id}/deliveries`)).body.deliveries;
  const ended = (id: string, status: WebhookDelivery['status']) =>
    waitFor(`a delivery to be ${status}`, async () => (await deliveries(id)).find((delivery) => delivery.status === status));

  test('comes also where no worker ran when it happened', async () => {
    const id = await aWebhook();
    await aVersion('m');
    expect(await deliveries(id)).toMatchObject([{ status: 'waiting', attempts: 0 }]);
    worker = await startWorker();
    expect(await ended(id, 'delivered')).toMatchObject({ attempts: 1 });
    expect(receiver.at('/200').length).toBe(1);
  });

  test('is tried again with the same id and a time of its own until it is taken, and nobody waits for it', async () => {
    const [troubled, away, well] = [
      await aWebhook({ url: urlOf('/503,429,200'), secret: 's' }),
      await aWebhook({ url: 'http://127.0.0.1:1/' }),
      await aWebhook(),
    ];
    await aVersion('m');
    expect(await ended(well, 'delivered')).toMatchObject({
      event: 'model_version.created',
      attempts: 1,
      response_status: 200,
      error: null,
    });
    expect(await ended(troubled, 'delivered')).toMatchObject({ attempts: 3, response_status: 200, error: null });
    const sent = receiver.at('/503,429,200');
    expect(new Set(sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(sent.map(({ headers }) => headers['webhook-signature'])).size).toBe(3);
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    const waits = await waitFor('two attempts', async () => (await deliveries(away)).find(({ attempts }) => attempts >= 2));
    expect(waits).toMatchObject({ status: 'sending', response_status: null, error: expect.stringMatching(/ECONNREFUSED/) });
    const { body } = await api.call<{ webhooks: Webhook[] }>('GET', '/api/v1/webhooks');
    expect(body.webhooks.map(({ webhook_id }) => webhook_id)).toEqual([well, away, troubled]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('waits for as long as the receiver asks before it is tried again, and comes again, as the same one, where its worker is killed while it is sent', async () => {
    const busy = await aWebhook({ url: urlOf('/429:4,200') });
    await aVersion('m');
    expect(await ended(busy, 'delivered')).toMatchObject({ attempts: 2, response_status: 200 });
    const [first, second] = receiver.at('/429:4,200');
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(4_000); // of itself it would wait a second
    const silent = await aWebhook({ url: urlOf('/silent,200') });
    await aVersion('m');
    await waitFor('it to be sent', async () => receiver.at('/silent,200').length > 0);
    await worker!.end('SIGKILL');
    expect(await deliveries(silent)).toMatchObject([{ status: 'sending' }]);
    worker = await startWorker();
    expect(await ended(silent, 'delivered')).toMatchObject({ response_status: 200, error: null });
    expect(await deliveries(silent)).toHaveLength(1);
    const sent = receiver.at('/silent,200');
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map(({ headers, body }) => `${headers['webhook-id'] as string} ${body}`)).size).toBe(1);
  });

  test('is given up at once where the receiver refuses it, leads elsewhere, or may not be told any more', async () => {
    const [refuses, leads, inside, disabled] = [
      await aWebhook({ url: urlOf('/400') }),
      await aWebhook({ url: urlOf('/302') }),
      await aWebhook(),
      await aWebhook({ url: urlOf('/200?disabled') }),
    ];
    await database.pool.query(`update webhooks set url = 'http://[::1]:1/' where webhook_id = $1`, [inside]);
    await withTransaction(database.pool, async (db) => {
      await holdModel(db, 'm');
      await createModelVersion(db, { name: 'm', source: 's3://b/x', registryRunId: null, origin: null, tags: {} });
      await db.query('set constraints all immediate');
      await db.query(`update webhooks set status = 'DISABLED' where webhook_id = $1`, [disabled]);
    });
    expect(await ended(refuses, 'failed')).toMatchObject({ attempts: 1, response_status: 400, error: 'it answered 400' });
    expect(await ended(leads, 'failed')).toMatchObject({ attempts: 1, error: 'it answered 302, and redirects are not followed' });
    expect(await ended(inside, 'failed')).toMatchObject({ attempts: 1, error: expect.stringMatching(/^::1 is no public address/) });
    expect(await ended(disabled, 'failed')).toMatchObject({ attempts: 0 });
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/302', '/400']);
  });
});

describe('of the deliveries of one webhook', () => {
  test('so many are under way at most, and another webhook does not wait for them', async () => {
    const [flooded, calm] = [
      await aWebhook(),
      await aWebhook({ name: 'calm', events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }] }),
    ];
    for (let nth = 0; nth < 20; nth += 1) await aVersion('m');
    const started: string[] = [];
    const start = async ({ webhook }: { webhook: string }) => started.push(webhook);
    expect(await dispatchDeliveries(database.pool, start)).toBe(17);
    expect(await dispatchDeliveries(database.pool, start)).toBe(0);
    expect(started.filter((name) => name === 'calm')).toHaveLength(1);
    await database.pool.query(`update webhook_deliveries set status = 'delivered' where status = 'sending'`);
    expect(await dispatchDeliveries(database.pool, start)).toBe(4);
    expect([flooded, calm]).toHaveLength(2);
  });

  test('one whose worker was killed right after it began it is begun again under its own id, and stays one', async () => {
    await aWebhook();
    await aVersion('m');
    const begun: string[] = [];
    const killed = ({ id }: { id: string }) => Promise.reject(new Error(`killed after ${begun.push(id)}`));
    await expect(dispatchDeliveries(database.pool, killed)).rejects.toThrow('killed after 1');
    await dispatchDeliveries(database.pool, async ({ id }) => begun.push(id));
    expect(begun).toEqual([begun[0], begun[0]]);
  });

  test('one whose run was ended from outside ends after some hours, and after a month they are gone', async () => {
    const id = await aWebhook();
    await aVersion('m');
    await dispatchDeliveries(database.pool, () => Promise.resolve());
    const list = async () =>
      (await api.call<{ deliveries: WebhookDelivery[] }>('GET', `/api/v1/webhooks/${id}/deliveries`)).body.deliveries;
    await sweepDeliveries(database.pool);
    expect(await list()).toMatchObject([{ status: 'sending' }]);
    await database.pool.query(`update webhook_deliveries set sending_since = now() - interval '7 hours'`);
    await sweepDeliveries(database.pool);
    expect(await list()).toMatchObject([{ status: 'failed', error: 'its run was ended before it was told' }]);
    await database.pool.query(`update webhook_deliveries set occurred_at = now() - interval '31 days'`);
    await sweepDeliveries(database.pool);
    expect(await list()).toEqual([]);
    expect(await api.call('GET', '/api/v1/webhooks/nope/deliveries')).toMatchObject({ status: 404 });
  });
});
