import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { EVENT_TYPES } from '../contracts/eventTypes.ts';
import { sendInOrder } from '../domain/events/sendInOrder.ts';
import { ALL_TOPICS } from '../domain/events/topics.ts';
import type { PortName } from '../platform/config.ts';
import { argumentsOf, PROCESSES } from '../deploy/local/stack/processes.ts';
import { createKafka, type Kafka } from '../platform/kafka/kafka.ts';
import { createLogger } from '../platform/log.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { answering, type Keep, type MeasuredServer } from './servers.ts';
import type { ServingData } from './servingData.ts';

/** The engines of a run, with a catalogue and a champion in the database, and what our processes are told of them. */
export interface EventsPlace {
  readonly data: ServingData;
  readonly env: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly broker: string;
  readonly pids: { readonly postgres: number; readonly kafka: number };
  readonly quick: boolean;
  readonly keep: Keep;
}

/** How a process says that it is up. The API is ready once there is a model server, which not every part has. */
const ANSWERS = { api: '/health/live', 'worker-ingest': '/health/ready' } as const;

/** One of our processes from the build, with the flags that `npm start` gives it, its log in a file. @param more of its environment */
export async function startBuilt(
  { data, env, ports, keep }: EventsPlace,
  name: keyof typeof ANSWERS,
  more: Readonly<Record<string, string>> = {},
): Promise<MeasuredServer> {
  const definition = PROCESSES.find((one) => one.name === name)!;
  const logFile = path.join(data.folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, argumentsOf(definition), {
    env: { ...process.env, ...env, ...more },
    cwd: data.folder,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return keep(await answering({ child, port: ports[definition.port], logFile, to: 1, healthPath: ANSWERS[name] }));
}

/** @param topicPrefix of a part, so that none reads another's messages */
export const openKafka = ({ broker }: Pick<EventsPlace, 'broker'>, topicPrefix: string): Kafka =>
  createKafka({ brokers: [broker], topicPrefix, clientId: 'bench', log: createLogger('bench', 'silent') });

const USERS = 10_000;
const MOVIES = 9_000;

/** The fields of an event: what a user saw, another user and movie for each number. */
export const viewOf = (nth: number) => ({
  user_id: `viewer ${nth % USERS}`,
  movie_id: String(1 + ((nth * 7) % MOVIES)),
  interaction_type: 'view' as const,
  session_id: `session ${nth % USERS}`,
});

/** An id that says which event it is. */
export const eventIdOf = (nth: number): string => `00000000-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`;
export const numberOfEvent = (id: string): number => Number.parseInt(id.slice(-12), 16);

const MESSAGES_OF_SEND = 1_000;
const FROM = '2026-01-01T00:00:00.000Z';

/** Views on their topic, which is made where it is not there, as our outbox would send them. */
export async function fillUserEvents(kafka: Kafka, messages: number): Promise<void> {
  await kafka.ensureTopics(ALL_TOPICS);
  const producer = kafka.createProducer();
  const { topic, type } = EVENT_TYPES.user_interaction;
  const rowOf = (nth: number) => {
    const view = viewOf(nth);
    const payload = { ...view, event_id: eventIdOf(nth), timestamp: new Date(Date.parse(FROM) + nth).toISOString() };
    return { id: payload.event_id, topic, key: view.user_id, type, payload, seq: nth, shard: 0 };
  };
  for (let from = 0; from < messages; from += MESSAGES_OF_SEND)
    await sendInOrder(
      producer,
      topic,
      Array.from({ length: Math.min(MESSAGES_OF_SEND, messages - from) }, (_, nth) => rowOf(from + nth)),
    );
  await producer.close();
}

/** Takes away what a part left of events in the tables, and asks the planner's figures anew. */
export async function emptyTables({ data }: EventsPlace): Promise<void> {
  await data.pool.query('truncate outbox, interactions');
  await data.pool.query('vacuum analyze outbox, interactions');
}

const INGEST_MS = 1_800_000;

/** Waits until the ingest worker has recorded all that lies on its topic. */
export async function untilIngested(kafka: Kafka): Promise<void> {
  const isThrough = async () => (await kafka.lag('ingest', 'user-events')) === 0;
  await waitFor('all to be ingested', isThrough, { everyMs: 250, timeoutMs: INGEST_MS });
}
