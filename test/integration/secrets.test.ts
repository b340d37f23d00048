import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NewKey } from '../../contracts/keys.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { entriesBelow } from '../../platform/entriesBelow.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { collectMessages } from '../support/collectMessages.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startTmdbServer, type TmdbServer } from '../support/tmdbServer.ts';
import { waitFor } from '../support/waitFor.ts';

/** Found by nothing but its own text, as one that leaks would be. */
const plant = () => randomBytes(16).toString('hex');
const SECRETS = {
  ...{ root: plant(), viewer: plant(), database: plant(), tmdb: plant(), s3: plant(), webhook: plant(), webhookKey: plant() + plant() },
  ...{ sasl: plant(), redis: plant(), mirror: plant(), erasureKey: plant() + plant(), backupKey: plant() + plant() },
  ...{ wrongKey: plant(), issuedKey: '', rotatedKey: '' },
};
/** What is no secret and stands in many places: a look that does not find it finds nothing. */
const MARK = `mark-${plant()}`;
const topicPrefix = `secrets-${plant().slice(0, 8)}-`;
const ROLE = `planted_${plant().slice(0, 8)}`;

let database: TestDatabase;
let temporal: TestTemporal;
let tmdb: TmdbServer;
let folder: string;
const processes = {} as Record<'api' | 'serving' | 'control' | 'ingest' | 'locked', TestProcess>;

beforeAll(async () => {
  const made = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    startTmdbServer(),
    mkdtemp(path.join(tmpdir(), 'mlops secrets ')),
  ]);
  [database, temporal, tmdb, folder] = made;
  await database.pool.query(`create role ${ROLE} login superuser password '${SECRETS.database}'`);
  const url = Object.assign(new URL(database.url), { username: ROLE, password: SECRETS.database }).href;
  const [api = 0, airflow = 0, mlflow = 0, feast = 0, serving = 0, control = 0, ingest = 0, locked = 0] = await freePorts(8);
  const env = {
    ...{ API_PORT: `${api}`, AIRFLOW_PORT: `${airflow}`, MLFLOW_PORT: `${mlflow}`, FEAST_PORT: `${feast}`, SERVING_PORT: `${serving}` },
    ...{ WORKER_CONTROL_METRICS_PORT: `${control}`, DATABASE_URL: url, LOG_LEVEL: 'trace' },
    ...{ KAFKA_BROKERS: engine('TEST_KAFKA_BROKER'), KAFKA_TOPIC_PREFIX: topicPrefix },
    ...{ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
    ...{ DATA_DIR: path.join(folder, 'data'), STATE_DIR: path.join(folder, 'state') },
    ...{ CREDENTIALS: `root:admin:${SECRETS.root},eve:viewer:${SECRETS.viewer}` },
    // Nothing is there, so that words about it are written.
    ...{
      BLOB_URL: 's3://models/secrets',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: SECRETS.s3,
    },
    ...{ MLFLOW_MIRROR_URI: 'http://127.0.0.1:1', MLFLOW_MIRROR_TOKEN: SECRETS.mirror },
    ...{ TMDB_API_URL: tmdb.url, TMDB_API_KEY: SECRETS.tmdb, BACKUP_URL: `file:${folder}/backups`, BACKUP_KEY: SECRETS.backupKey },
    ...{
      WEBHOOK_SECRET_KEY: SECRETS.webhookKey,
      WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      WEBHOOK_ALLOW_HTTP: '1',
      ERASURE_KEY: SECRETS.erasureKey,
    },
  };
  const redis = { REDIS_URL: 'redis://127.0.0.1:1', REDIS_PASSWORD: SECRETS.redis };
  const sasl = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'app', KAFKA_SASL_PASSWORD: SECRETS.sasl };
  const start = (entry: string, port: number, more: Record<string, string> = {}) =>
    startProcess(entry, port, { ...env, ...more }, '/health/live');
  [processes.api, processes.serving, processes.control, processes.ingest, processes.locked] = await Promise.all([
    start('api', api, redis),
    start('serving', serving),
    start('workers/control', control),
    start('workers/ingest', ingest, { WORKER_INGEST_METRICS_PORT: `${ingest}` }),
    // The broker knows no SASL: this one is refused as long as it runs.
    start('workers/ingest', locked, { ...sasl, WORKER_INGEST_METRICS_PORT: `${locked}` }),
  ]);
  ports = { api, airflow, mlflow, feast };
});
let ports: Record<'api' | 'airflow' | 'mlflow' | 'feast', number>;
afterAll(async () => {
  await Promise.all(Object.values(processes).map((process) => process.end('SIGKILL')));
  await temporal?.close();
  await tmdb?.close();
  const { rows } = (await database?.pool.query<{ admin: string }>('select current_user as admin')) ?? { rows: [] };
  await database?.pool.query(`reassign owned by ${ROLE} to ${rows[0]!.admin}; drop owned by ${ROLE}; drop role ${ROLE}`);
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const answers: string[] = [];
async function ask(url: string, { method = 'GET', key = SECRETS.root, json }: { method?: string; key?: string; json?: unknown } = {}) {
  const answer = await fetch(url, {
    method,
    headers: { 'x-api-key': key, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await answer.text();
  answers.push(`${method} ${url}: ${JSON.stringify([...answer.headers])} ${text}`);
  return { status: answer.status, text };
}
const api = (at: string, how: Parameters<typeof ask>[1] = {}) => ask(processes.api.url + at, how);

/** What there is to tell: requests that go well and that do not, runs, events, webhooks, faults of every engine that has a secret. */
async function live(): Promise<void> {
  const issued = JSON.parse(await fetchQuietly('POST', '/api/v1/keys', { name: MARK, role: 'admin' })) as NewKey;
  const rotated = JSON.parse(await fetchQuietly('POST', `/api/v1/keys/${issued.key_id}/rotate`, {})) as NewKey;
  [SECRETS.issuedKey, SECRETS.rotatedKey] = [issued.key.slice(18), rotated.key.slice(18)];
  for (const key of [
    issued.key,
    rotated.key,
    SECRETS.viewer,
    SECRETS.wrongKey,
    `${issued.key}0`,
    `mmk_${issued.key_id}_${SECRETS.wrongKey.repeat(2)}`,
  ]) {
    for (const port of Object.values(ports)) await ask(`http://127.0.0.1:${port}/none`, { key });
    await ask(`${processes.serving.url}/predict`, { method: 'POST', key, json: { user_id: MARK, movie_ids: ['1'] } });
    await api('/api/v1/keys', { method: 'POST', key, json: { name: 'x'.repeat(500), role: 'nobody' } });
    await api('/api/v1/features/user/1', { key });
    await api('/api/v1/data/sets', { key });
  }
  await api('/api/v1/events/user-interaction', { method: 'POST', json: { user_id: MARK, movie_id: '1', interaction_type: 'view' } });
  await api('/api/v1/runs', {
    method: 'POST',
    json: { workflow: 'tmdbCollection', run: MARK, input: { lists: ['popular'], pages: 1, details: 0 } },
  });
  await api('/api/v1/runs', { method: 'POST', json: { workflow: 'movieTrainingPipeline', run: `${MARK}-t`, input: {} } });
  const mlflow = (at: string, json: unknown) => ask(`http://127.0.0.1:${ports.mlflow}/api/2.0/mlflow/${at}`, { method: 'POST', json });
  const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }];
  await mlflow('webhooks', { name: MARK, url: 'http://127.0.0.1:1/hook', events, secret: SECRETS.webhook });
  await mlflow('registered-models/create', { name: MARK });
  await mlflow('runs/create', { experiment_id: '0', run_name: MARK });
  await api(`/api/v1/keys/${rotated.key_id}`, { method: 'DELETE' });
}

/** Whose good answer tells a secret, as it should. */
async function fetchQuietly(method: string, at: string, json: unknown): Promise<string> {
  const headers = { 'x-api-key': SECRETS.root, 'content-type': 'application/json' };
  const body = JSON.stringify(json);
  return waitFor(`an answer to ${method} ${at}`, async () => {
    const answer = await fetch(processes.api.url + at, { method, headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  });
}

/** Everything that could tell, as text by where it is. */
async function everything(): Promise<Map<string, string>> {
  const found = new Map<string, string>([['answers', answers.join('\n')]]);
  for (const [name, process] of Object.entries(processes)) {
    found.set(`log of ${name}`, process.output());
    for (const page of ['/metrics', '/health']) {
      const answer = await fetch(process.url + page, { headers: { 'x-api-key': SECRETS.root } });
      found.set(`${page} of ${name}`, await answer.text());
    }
  }
  const { rows: tables } = await database.pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { name } of tables) {
    const { rows } = await database.pool.query<{ text: string }>(`select coalesce(string_agg(t::text, E'\\n'), '') as text from ${name} t`);
    found.set(`table ${name}`, rows[0]!.text);
  }
  const runs = createTemporalRuns(temporal.client);
  for await (const { workflowId, runId, memo, searchAttributes } of temporal.client.workflow.list()) {
    const texts: string[] = [];
    for await (const text of runs.readTexts(workflowId, runId)) texts.push(text);
    found.set(`history of ${workflowId} ${runId}`, texts.join('\n'));
    found.set(`visibility of ${workflowId} ${runId}`, JSON.stringify([workflowId, memo, searchAttributes]));
  }
  for await (const schedule of temporal.client.schedule.list())
    found.set(
      `schedule ${schedule.scheduleId}`,
      JSON.stringify((await temporal.client.schedule.getHandle(schedule.scheduleId).describe()).raw),
    );
  const kafka = createKafka({ brokers: [engine('TEST_KAFKA_BROKER')], topicPrefix, clientId: 'test', log: silentLog });
  const event = collectMessages(kafka, 'user-events');
  const others = ALL_TOPICS.filter(({ name }) => name !== 'user-events').map(({ name }) => ({
    name,
    collected: collectMessages(kafka, name),
  }));
  await waitFor('the event to be on its topic', () => event.messages.length > 0);
  for (const { name, collected } of [...others, { name: 'user-events', collected: event }]) {
    const told = collected.messages.map(({ key, value, headers }) => `${key} ${value?.toString('utf8')} ${JSON.stringify(headers)}`);
    found.set(`topic ${name}`, told.join('\n'));
    await collected.close();
  }
  for (const entry of (await entriesBelow(folder)).filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    found.set(`file ${file.slice(folder.length)}`, await readFile(file, 'latin1'));
  }
  return found;
}

test('no secret is told anywhere: logs, answers, metrics, health, tables, the audit log, Temporal, topics, files', async () => {
  await live();
  const isTold = async (what: string, sql: string) =>
    waitFor(what, async () => (await database.pool.query<{ is: boolean }>(`select (${sql}) as is`)).rows[0]!.is);
  await isTold('a run that TMDB refused', `select count(*) > 0 from run_steps where error like '%TMDB%' or error like '%key%'`);
  await isTold('a webhook that nobody took', `select count(*) > 0 from webhook_deliveries where attempts > 0`);
  await isTold('that the events are sent', 'select count(*) = 0 from outbox');
  await isTold('answers in the audit log', `select count(*) > 3 from audit_log where kind = 'answered'`);
  await waitFor('a broker that refuses a password', () => /sasl/i.test(processes.locked.output()));
  await waitFor('a mirror that is not there', () => /mirror/i.test(processes.control.output()));

  const found = await everything();
  const where = (text: string) => [...found].filter(([, told]) => told.includes(text)).map(([place]) => place);
  const marked = where(MARK).map((place) => place.split(' ')[0]);
  expect([...new Set(marked)].sort()).toEqual(expect.arrayContaining(['answers', 'history', 'log', 'table', 'topic', 'visibility']));

  const forms = (secret: string) => [
    secret,
    Buffer.from(secret).toString('base64').slice(0, -2),
    Buffer.from(`root:${secret}`).toString('base64').slice(0, -2),
  ];
  const leaks = Object.entries(SECRETS).flatMap(([name, secret]) =>
    forms(secret)
      .flatMap(where)
      .map((place) => `${name} in ${place}`),
  );
  expect(leaks).toEqual([]);
  expect(Object.values(SECRETS).every((secret) => secret.length >= 32)).toBe(true);
});
