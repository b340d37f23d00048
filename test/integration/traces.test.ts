import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { driftRetrainId } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

let folder: string;
let collector: Collector;
let database: TestDatabase;
let temporal: TestTemporal;
let api: TestProcess;
let ingest: TestProcess;
let control: TestProcess;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-traces-'));
  [collector, database, temporal] = await Promise.all([startCollector(), createTestDatabase(), createTestTemporal()]);
  const [apiPort = 0, ingestPort = 0, controlPort = 0] = await freePorts(3);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    DATABASE_URL: database.url,
    KAFKA_BROKERS: engine('TEST_KAFKA_BROKER'),
    KAFKA_TOPIC_PREFIX: `traces-${randomBytes(4).toString('hex')}.`,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    DRIFT_DEBOUNCE_MS: '100',
    STATE_DIR: folder,
    DATA_DIR: folder,
    BLOB_URL: `file:${folder}`,
  };
  [api, ingest, control] = await Promise.all([
    startProcess('api', apiPort, { ...env, SURFACES: 'api', API_PORT: String(apiPort) }, '/health/live'),
    startProcess('workers/ingest', ingestPort, { ...env, WORKER_INGEST_METRICS_PORT: String(ingestPort) }),
    startProcess('workers/control', controlPort, { ...env, WORKER_CONTROL_METRICS_PORT: String(controlPort) }),
  ]);
});
afterAll(async () => {
  await Promise.all([api, ingest, control].map((started) => started?.end()));
  await temporal?.close();
  await database?.drop();
  await collector?.stop();
  await rm(folder, { recursive: true });
});

/** Posts as a caller that is traced. */
async function post(where: string, body: unknown) {
  const caller = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const { status } = await fetch(`${api.url}${where}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${caller.traceId}-${caller.spanId}-01` },
    body: JSON.stringify(body),
  });
  return { ...caller, status };
}
type Caller = Pick<Awaited<ReturnType<typeof post>>, 'traceId' | 'spanId'>;

/** Waits for a statement of the caller's trace, and for all that it stands below. @returns from the request down, each by its service and name */
function chainTo(statement: RegExp, { traceId, spanId }: Caller): Promise<string[]> {
  return waitFor(`${statement}`, () => {
    const last = collector.spans.find((span) => span.traceId === traceId && statement.test(String(span.attributes['db.query.text'])));
    return (
      last &&
      collector
        .above(last, spanId)
        .reverse()
        .map(({ service, name }) => `${service.replace('movie-mlops-', '')}: ${name}`)
    );
  });
}

test('a like is one trace, from the request to the statement that changes the features', async () => {
  const like = { event_id: randomUUID(), user_id: 'traced-user', movie_id: 'movie_041', interaction_type: 'like' };
  const caller = await post('/api/v1/events/user-interaction', like);
  expect(caller.status).toBe(202);
  expect(await chainTo(/insert into feature_online /, caller)).toEqual([
    'api: POST /api/v1/events/user-interaction',
    'worker-ingest: send user-events',
    'worker-ingest: process user-events',
    'worker-ingest: INSERT feature_online',
  ]);
});

test('a run is one trace, from the request to the statements of its steps', async () => {
  const caller = await post('/api/v1/runs', { workflow: 'dataRetention', input: {} });
  expect(caller.status).toBe(202);
  expect(await chainTo(/delete from /, caller)).toEqual([
    'api: POST /api/v1/runs',
    'api: StartWorkflow:dataRetention',
    'worker-control: RunWorkflow:dataRetention',
    'worker-control: RunActivity:removeExpired',
    'worker-control: DELETE run_step_logs',
  ]);
});

test('a drift alert is one trace, from the request by Kafka and a workflow to the statement of a step', async () => {
  const caller = await post('/api/v1/trigger/model-drift', { model_name: 'popularity', drift_score: 0.9, threshold: 0.5 });
  expect(caller.status).toBe(202);
  const step = await waitFor('the step', () =>
    collector.spans.find(({ traceId, name }) => traceId === caller.traceId && name === 'RunActivity:openDriftDecision'),
  );
  expect(step.service).toBe('movie-mlops-worker-control');
  // Nobody trains here; a workflow's span comes with its end.
  await temporal.client.workflow.getHandle(driftRetrainId('popularity')).cancel();
  expect(await chainTo(/insert into drift_decisions/, caller)).toEqual([
    'api: POST /api/v1/trigger/model-drift',
    'worker-ingest: send model-drift-alerts',
    'worker-ingest: process model-drift-alerts',
    'worker-ingest: forward drift alert',
    'worker-ingest: SignalWithStartWorkflow:driftRetrain',
    'worker-control: RunWorkflow:driftRetrain',
    'worker-control: RunActivity:openDriftDecision',
    'worker-control: INSERT drift_decisions',
  ]);
});

test('lines of the log carry the ids of the span', async () => {
  const caller = await post('/api/v1/runs', { workflow: 'dataRetention', input: {} });
  const linesOf = (process: TestProcess) =>
    process
      .output()
      .split('\n')
      .filter((line) => line.includes(caller.traceId))
      .map((line) => JSON.parse(line) as { msg: string; span_id: string });
  const started = await waitFor('the line of the step', () => linesOf(control).find(({ msg }) => msg === 'step started'));
  const request = linesOf(api).find(({ msg }) => msg === 'request');
  const spans = await waitFor('their spans', () => {
    const found = [request, started].map((line) => collector.spans.find(({ spanId }) => spanId === line?.span_id)?.name);
    return found.every((name) => name !== undefined) && found;
  });
  expect(spans).toEqual(['POST /api/v1/runs', 'RunActivity:removeExpired']);
});

test('no value that somebody sent is in what a collector gets', () => {
  expect(collector.bodies.filter((body) => body.includes('traced-user') || body.includes('movie_041'))).toEqual([]);
});
