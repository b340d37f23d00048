import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Kafka } from '../platform/kafka/kafka.ts';
import { cpuSecondsOf } from './cpuTime.ts';
import { emptyTables, fillUserEvents, openKafka, startBuilt, untilIngested, type EventsPlace } from './eventsPlace.ts';
import { printTable, printVerdict, quantile, ratioOf } from './figures.ts';

/** How fast a consumer was, from its first batch to its last. */
export interface Counted {
  readonly counted: number;
  readonly perSecond: number;
}
interface Ingested extends Counted {
  readonly workerS: number;
  readonly postgresS: number;
}

const TIMES_BARE = 0.4;

/** How many events the ingest worker takes from the topic and records, beside a consumer that counts the same messages. */
export async function measureIngest(place: EventsPlace): Promise<void> {
  const [rounds, messages] = place.quick ? [2, 20_000] : [5, 200_000];
  const turns: { ours: Ingested; bare: Counted }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const prefix = `ingest-${round}.`; // a topic each: what a group has read before is not read again
    const kafka = openKafka(place, prefix);
    await fillUserEvents(kafka, messages);
    const bareFirst = round % 2 === 0;
    const before = bareFirst ? await count(place, prefix, messages) : undefined;
    const ours = await ingest(place, { kafka, prefix, messages });
    turns.push({ ours, bare: before ?? (await count(place, prefix, messages)) });
  }
  report(turns, messages);
}

async function count({ broker }: EventsPlace, prefix: string, messages: number): Promise<Counted> {
  const program = path.join(import.meta.dirname, 'eventsCountFloor.ts');
  const child = fork(program, [broker, `${prefix}user-events`, String(messages)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process that counts ended with ${code}`);
  });
  const result = await Promise.race([once(child, 'message').then(([given]) => given as Counted), ended]);
  await ended.catch(() => undefined);
  return result;
}

/** From the statement that recorded its first batch to the one that recorded its last, by the clock of the database. */
async function ingest(
  place: EventsPlace,
  { kafka, prefix, messages }: { kafka: Kafka; prefix: string; messages: number },
): Promise<Ingested> {
  await emptyTables(place);
  const postgresBefore = cpuSecondsOf(place.pids.postgres);
  const worker = await startBuilt(place, 'worker-ingest', { KAFKA_TOPIC_PREFIX: prefix });
  await untilIngested(kafka);
  const [workerS, postgresS] = [cpuSecondsOf(worker.pid), cpuSecondsOf(place.pids.postgres) - postgresBefore];
  await worker.stop();
  const { rows } = await place.data.pool.query<{ counted: number; before_last: number; seconds: number }>(
    `select count(*) as counted, count(*) filter (where received_at < newest) as before_last,
       extract(epoch from max(newest) - min(received_at))::float8 as seconds
     from interactions, (select max(received_at) as newest from interactions) n`,
  );
  const { counted, before_last, seconds } = rows[0]!;
  if (counted !== messages) throw new Error(`${counted} of ${messages} events were recorded`);
  return { counted, perSecond: before_last / seconds, workerS, postgresS };
}

function report(turns: readonly { ours: Ingested; bare: Counted }[], messages: number): void {
  const median = (of: (turn: (typeof turns)[number]) => number) => quantile(turns.map(of), 0.5);
  const ratio = ratioOf(turns.map(({ ours, bare }) => ours.perSecond / bare.perSecond));
  const microseconds = (of: (ours: Ingested) => number) => ((1e6 * median(({ ours }) => of(ours))) / messages).toFixed(0);
  printTable(
    [`ingest of ${messages} events`, 'events/s', 'worker: CPU µs', 'Postgres: CPU µs', 'ours: rate'],
    [
      [
        'ours',
        median(({ ours }) => ours.perSecond).toFixed(0),
        microseconds((o) => o.workerS),
        microseconds((o) => o.postgresS),
        ratio.text,
      ],
      ['  bare', median(({ bare }) => bare.perSecond).toFixed(0), '', '', ''],
    ],
  );
  printVerdict(ratio.median >= TIMES_BARE, `ingest: ${TIMES_BARE} times a consumer that only counts`, ratio.text);
}
