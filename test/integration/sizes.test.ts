import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { randomBytes, randomUUID } from 'node:crypto';
import { jsonBytes } from '../../contracts/bounded.ts';
import type { DriftRetrainInput, WaitingAlert } from '../../contracts/events.ts';
import { BATCH_SHARDS, EVENT_BYTES, METRICS_OF_ALERT, WORKFLOW_INPUT_BYTES } from '../../contracts/sizes.ts';
import { DRIFT_ALERT_SIGNAL, driftRetrainId, runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { publishBatchShard } from '../../domain/events/publishBatch.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { cutIntoShards } from '../../domain/recommender/batch/batchUsers.ts';
import { createKafka, type Kafka } from '../../platform/kafka/kafka.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { collectMessages } from '../support/collectMessages.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';
import { alertWithMetrics, largestAlert, largestInteraction, textOf, WIDE_CHARACTERS } from '../hostile/bodies.ts';

const HOUR_MS = 3_600_000;

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let kafka: Kafka;
let ingest: TestProcess;
let stopWorkers: () => Promise<void>;

beforeAll(async () => {
  const topicPrefix = `test-${randomBytes(6).toString('hex')}.`;
  const [port = 0] = await freePorts(1);
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
  });
  kafka = createKafka({ brokers: [engine('TEST_KAFKA_BROKER')], topicPrefix, clientId: 'test', log: silentLog });
  await kafka.ensureTopics(ALL_TOPICS);
  stopWorkers = await startWorkerOfAnswers(temporal, database.pool, {});
  ingest = await startProcess('workers/ingest', port, {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: engine('TEST_KAFKA_BROKER'),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WORKER_INGEST_METRICS_PORT: String(port),
    DRIFT_DEBOUNCE_MS: String(HOUR_MS), // alerts are counted, none is trained for
  });
});
afterAll(async () => {
  await ingest?.end();
  await stopWorkers?.();
  await api?.stop();
  await temporal?.close();
  await database?.drop();
});

const contentOf = <T>({ data }: { data?: Uint8Array | null }): T => JSON.parse(Buffer.from(data ?? []).toString()) as T;

const startDriftRetrain = (workflowId: string, input: DriftRetrainInput, signalled: unknown) =>
  temporal.client.workflow.signalWithStart('driftRetrain', {
    workflowId,
    taskQueue: TASK_QUEUES.control,
    args: [input],
    signal: DRIFT_ALERT_SIGNAL,
    signalArgs: [signalled],
  });

describe('the largest event that is let in goes all the way', () => {
  test.each(Object.entries(WIDE_CHARACTERS))('an interaction of %s', async (_, character) => {
    const sent = largestInteraction(character, randomUUID());
    const { status } = await api.call('POST', '/api/v1/events/user-interaction', { json: sent });
    expect(status).toBe(202);
    const kept = await waitFor('the interaction', async () => {
      const { rows } = await database.pool.query<Record<string, unknown>>('select * from interactions where event_id = $1', [
        sent.event_id,
      ]);
      return rows[0];
    });
    expect(kept).toMatchObject({ user_id: sent.user_id, session_id: sent.session_id, movie_id: 2_147_483_647 });
    const online = await waitFor('the features', async () => {
      const { status, body } = await api.call<unknown>('GET', `/api/v1/features/user/${encodeURIComponent(sent.user_id)}`);
      return status === 200 ? body : undefined;
    });
    expect(online).toMatchObject({ features: { movie_ids: ['2147483647'] } });
  });

  test.each(Object.entries(WIDE_CHARACTERS))(
    'a drift alert of %s, of which its workflow gets the id and the score',
    async (_, character) => {
      const sent = largestAlert(character, randomUUID());
      expect((await api.call('POST', '/api/v1/trigger/model-drift', { json: sent })).status).toBe(202);
      await waitFor('the alert to be handed on', async () => {
        const { rowCount } = await database.pool.query('select from drift_alerts where event_id = $1 and signalled_at is not null', [
          sent.event_id,
        ]);
        return rowCount === 1;
      });
      const { rows } = await database.pool.query<{ alert: typeof sent }>('select alert from drift_alerts where event_id = $1', [
        sent.event_id,
      ]);
      expect(rows[0]!.alert.metrics).toEqual(sent.metrics);
      expect(jsonBytes(rows[0]!.alert)).toBeLessThan(EVENT_BYTES);

      const handle = temporal.client.workflow.getHandle(driftRetrainId(sent.model_name));
      const told = await waitFor('the signal in the history', async () => {
        const { events } = await handle.fetchHistory();
        const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads ?? []);
        return signals.map(contentOf<WaitingAlert>).find(({ event_id }) => event_id === sent.event_id);
      });
      expect(told).toEqual({ event_id: sent.event_id, drift_score: sent.drift_score });
    },
  );

  test('the recommendations of a batch', async () => {
    const user_id = textOf('€', 200);
    const rows = Array.from({ length: 100 }, (_, n) => ({
      user_id,
      rank: n + 1,
      movie_id: String(2_147_483_647 - n),
      score: -1.2345678901234567e-300,
      model: 'neural_cf' as const,
    }));
    const collected = collectMessages(kafka, 'movie-recommendations');
    await publishBatchShard(database.pool, { batch: 'batch/largest', shard: 0, version: '1', timestamp: '2026-01-01T00:00:00.000Z', rows });
    const message = await waitFor('the event', () => collected.messages.find(({ key }) => key === user_id));
    await collected.close();
    expect((JSON.parse(String(message.value)) as { recommendations: unknown[] }).recommendations).toHaveLength(100);
    expect(message.value!.length).toBeLessThan(EVENT_BYTES);
  });
});

test('an alert of 1 MB is refused at the door, and on the topic it goes to the dead letters; those after it go on', async () => {
  const huge = alertWithMetrics(40_000, randomUUID());
  expect(await api.call('POST', '/api/v1/trigger/model-drift', { json: huge })).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'body.metrics', message: `at most ${METRICS_OF_ALERT} entries` }] },
  });

  const deadLetters = collectMessages(kafka, 'model-drift-alerts-dlt');
  const producer = kafka.createProducer();
  const after = { ...largestAlert('a', randomUUID()), timestamp: '2026-01-01T00:00:00.000Z', movie_id: undefined };
  await producer.send('model-drift-alerts', [
    { key: huge.model_name, value: JSON.stringify({ ...huge, timestamp: '2026-01-01T00:00:00.000Z' }), headers: {} },
    { key: after.model_name, value: JSON.stringify(after), headers: {} },
  ]);
  await producer.close();
  await waitFor('the dead letter', () => deadLetters.messages.length === 1);
  await deadLetters.close();
  await waitFor(
    'the alert after it',
    async () => (await database.pool.query('select from drift_alerts where event_id = $1', [after.event_id])).rowCount === 1,
  );
});

test('driftRetrain carries little over however large and many the alerts were that it was sent, and goes on cooling down', async () => {
  const workflowId = driftRetrainId('popularity');
  const input = { model_name: 'popularity' as const, debounce_ms: 1, cool_down_ms: HOUR_MS };
  // As somebody may send them from Temporal: whole, 54 kB each.
  const alert = () => ({ ...largestAlert('a', randomUUID()), model_name: 'popularity', metrics: { ['m'.repeat(54_000)]: 1 } });
  const first = await startDriftRetrain(workflowId, input, alert());
  const alerts = Array.from({ length: 90 }, alert);
  const handle = temporal.client.workflow.getHandle(workflowId);
  await waitFor('the training to end', async () =>
    (await handle.fetchHistory()).events?.some((event) => event.childWorkflowExecutionCompletedEventAttributes),
  );
  for (const one of alerts) await handle.signal(DRIFT_ALERT_SIGNAL, one);

  // Where all of them came within one task of the workflow, Temporal says with the next one how long the history is. One that comes during a task undoes its end.
  const next = await waitFor('another execution', async () => {
    const { runId: latest, raw } = await handle.describe();
    if (latest !== first.signaledRunId) return latest;
    if (raw.pendingWorkflowTask) return undefined;
    const one = alert();
    alerts.push(one);
    await handle.signal(DRIFT_ALERT_SIGNAL, one);
    return undefined;
  });
  const { events } = await temporal.client.workflow.getHandle(workflowId, next).fetchHistory();
  const [started] = events ?? [];
  const [payload] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const carried = contentOf<DriftRetrainInput>(payload!);
  expect(payload!.data!.length).toBeLessThan(WORKFLOW_INPUT_BYTES);
  expect(carried).toMatchObject({ model_name: 'popularity', retrains: 1, failed: 0, handled: [expect.any(String)] });
  expect(carried.cool_down_left_ms).toBeGreaterThan(0);
  expect(carried.cool_down_left_ms).toBeLessThan(HOUR_MS);
  const known = carried.pending!.map(({ event_id }) => event_id);
  expect(known).toEqual(alerts.slice(0, known.length).map(({ event_id }) => event_id));
  expect(known.length).toBeGreaterThan(50);
  await handle.terminate();
});

test('a batch that would be cut into more shards than its plan has room for says to take larger ones', async () => {
  await database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
     select gen_random_uuid(), 'user ' || n, 1, 'view', now() from generate_series(1, $1::integer) n`,
    [BATCH_SHARDS + 1],
  );
  const planning = cutIntoShards(database.pool, 1, BATCH_SHARDS);
  await expect(planning).rejects.toThrow('1 users a shard make more than 1000 shards; give more');
  const shards = await cutIntoShards(database.pool, 2, BATCH_SHARDS);
  expect(shards.length).toBeGreaterThan(BATCH_SHARDS / 2);
});

describe('a workflow input of 900 kB', () => {
  const input = { path: 'x'.repeat(900_000) };

  test('started past our doors ends the run with a word on its size, not with the input', async () => {
    const workflowId = runId('movieDataCollection', 'large');
    const options = { workflowId, taskQueue: TASK_QUEUES.control, args: [input] };
    const failure = await temporal.client.workflow.execute('movieDataCollection', options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect((failure as WorkflowFailedError).cause).toMatchObject({
      type: 'InvalidSpec',
      message: `input: has ${jsonBytes(input)} bytes as JSON; at most ${WORKFLOW_INPUT_BYTES} are taken`,
    });
  });
});
