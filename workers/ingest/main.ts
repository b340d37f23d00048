import { randomUUID } from 'node:crypto';
import { driftAlertEventSchema, systemHealthEventSchema, userEventSchema, type Topic } from '../../contracts/events.ts';
import { INGEST } from '../../contracts/metrics/ingest.ts';
import { INGEST_GROUP } from '../../contracts/topics.ts';
import { forwardDriftAlert, isOpen, recordDriftAlerts } from '../../domain/drift/alerts.ts';
import { recordUserEvents } from '../../domain/events/userEvents.ts';
import { startRelay } from '../../domain/events/relay.ts';
import { recordSystemHealth } from '../../domain/events/systemHealth.ts';
import { DEFINITIONS, findView } from '../../domain/features/definitions.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';
import { pushRecent } from '../../domain/features/online/pushRecent.ts';
import { createTrendPusher } from '../../domain/features/online/pushTrends.ts';
import { createErasedUsers } from '../../domain/users/erased.ts';
import { ALL_TOPICS } from '../../domain/events/topics.ts';
import { createKafka, type Kafka, type MessageBatch } from '../../platform/kafka/kafka.ts';
import { startLoop, type Loop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import { oneLine } from '../../platform/oneLine.ts';
import { listen, POOL_WAITS, type Pool } from '../../platform/postgres.ts';
import { runProcess, type ProcessContext } from '../../platform/process.ts';
import { checkTemporal, createTemporalClient } from '../../platform/temporal/client.ts';
import { openWorkerProcess } from '../temporalWorker.ts';
import { createDeadLetters } from './deadLetters.ts';
import { createDriftSignal } from './driftSignals.ts';
import { watchOverloaded } from './healthSignals.ts';
import { createIntake } from './intake.ts';
import { measureBacklog } from './measureBacklog.ts';

const PUSH_TRENDS_EVERY_MS = 10_000;
/** One is read while others wait for the database. */
const PARTITIONS_AT_ONCE = 3;
const CONSUMED = ['user-events', 'model-drift-alerts', 'system-health'] as const satisfies readonly Topic[];

/** The outbox relay, the consumers of events and alerts, and the hand-over of alerts and of overloaded services to Temporal. Each waits for what it needs and no more. */
await runProcess('worker-ingest', async (context) => {
  const { pool } = await openWorkerProcess(context, 'WORKER_INGEST_METRICS_PORT', POOL_WAITS.loop);
  const kafka = createKafka({ ...context.config.kafka, clientId: context.name, log: context.log });
  context.health.add('kafka', () => kafka.check());
  measureBacklog(context, { kafka, group: INGEST_GROUP, topics: CONSUMED });
  keepTopics(context, kafka);
  relayOutbox(context, pool, kafka);
  const { driftAlerts, overloads } = handOn(context, pool);
  takeEvents(context, { pool, kafka, onDriftAlerts: () => driftAlerts.wake(), onSystemHealth: () => overloads.wake() });
});

/** Makes the topics that the broker lacks; this process is ready once all have been there. */
function keepTopics({ log, health, onShutdown }: ProcessContext, kafka: Kafka) {
  let state = 'not made yet';
  health.add('topics', async () => {
    if (state !== 'made') throw new Error(state);
    return state;
  });
  const topics = startLoop({ name: 'topics', restMs: 60_000, log }, async () => {
    const created = await kafka.ensureTopics(ALL_TOPICS).catch((error: unknown) => {
      state = oneLine(error);
      throw error;
    });
    state = 'made';
    if (created.length > 0) log.info({ topics: created }, 'topics created');
    return false;
  });
  onShutdown('topics', () => topics.stop());
}

function relayOutbox({ config, log, metrics, onShutdown }: ProcessContext, pool: Pool, kafka: Kafka) {
  const producer = kafka.createProducer();
  onShutdown('producer', () => producer.close());
  const relay = startRelay({ pool, producer, relay: randomUUID(), log, metrics });
  onShutdown('outbox relay', () => relay.stop());
  const filled = listen({ url: config.database.directUrl ?? config.database.url, channel: 'outbox', log }, () => relay.wake());
  onShutdown('outbox notifications', () => filled.stop());
}

/** What Temporal is told of. */
function handOn({ config, log, health, onShutdown }: ProcessContext, pool: Pool): { driftAlerts: Loop; overloads: Loop } {
  const temporal = createTemporalClient(config.temporal);
  onShutdown('temporal', () => temporal.connection.close());
  health.add('temporal', () => checkTemporal(temporal));
  const signal = createDriftSignal({ temporal, drift: config.drift, log });
  const driftAlerts = startLoop({ name: 'drift signals', restMs: 5_000, log }, () => forwardDriftAlert(pool, signal));
  onShutdown('drift signals', () => driftAlerts.stop());
  const overloads = startLoop({ name: 'overload signals', restMs: 5_000, log }, async () => {
    await watchOverloaded(pool, { temporal, settings: config.scaling, log });
    return false;
  });
  onShutdown('overload signals', () => overloads.stop());
  return { driftAlerts, overloads };
}

interface Intakes {
  readonly pool: Pool;
  readonly kafka: Kafka;
  readonly onDriftAlerts: () => void;
  readonly onSystemHealth: () => void;
}

function takeEvents({ config, log, health, metrics, onShutdown }: ProcessContext, { pool, kafka, onDriftAlerts, onSystemHealth }: Intakes) {
  const producer = kafka.createProducer({ compression: 'gzip' });
  onShutdown('dead letters', () => producer.close());
  const deadLetters = createDeadLetters({ producer, metrics, log });
  const taken = addMetrics(metrics, INGEST.intake);
  const onTaken = (topic: string, events: number) => {
    if (events === 0) return;
    taken.events_taken_total.inc({ topic }, events);
    taken.events_last_taken_timestamp_seconds.set({ topic }, Date.now() / 1_000);
  };
  const store = openOnlineStore({ redisUrl: config.redisUrl, pool, log });
  onShutdown('online store', () => store.close());
  health.add('online store', () => store.check());
  const view = findView(DEFINITIONS, 'user_recent');
  const pushTrends = createTrendPusher({ db: pool, store, view: findView(DEFINITIONS, 'movie_trends') });
  const trends = startLoop({ name: 'trends', restMs: PUSH_TRENDS_EVERY_MS, log }, async () => {
    await pushTrends();
    return false;
  });
  onShutdown('trends', () => trends.stop());
  const erased = createErasedUsers(pool, config.erasureKey);
  const intakes: Record<(typeof CONSUMED)[number], (batch: MessageBatch) => Promise<void>> = {
    'user-events': createIntake({
      schema: userEventSchema,
      // While the online store is away the batch comes again and again; what is recorded already is not recorded twice.
      record: async (sent) => {
        const interactions = await recordUserEvents(
          pool,
          await erased.without(sent, ({ user_id, timestamp }) => ({ userId: user_id, at: timestamp })),
        );
        await pushRecent({ db: pool, store, view }, interactions);
      },
      ...{ deadLetters, onTaken },
    }),
    'model-drift-alerts': createIntake({
      schema: driftAlertEventSchema,
      record: (alerts) => recordDriftAlerts(pool, alerts.filter(isOpen)).finally(onDriftAlerts),
      ...{ deadLetters, onTaken },
    }),
    'system-health': createIntake({
      schema: systemHealthEventSchema,
      record: (events) => recordSystemHealth(pool, events).finally(onSystemHealth),
      ...{ deadLetters, onTaken },
    }),
  };
  const consumer = kafka.createConsumer({
    groupId: INGEST_GROUP,
    topics: CONSUMED,
    partitionsAtOnce: PARTITIONS_AT_ONCE,
    onBatch: (batch) => intakes[batch.topic as keyof typeof intakes](batch),
  });
  onShutdown('consumer', () => consumer.close());
}
