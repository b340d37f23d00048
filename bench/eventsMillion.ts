import { events } from '../contracts/endpoints/events.ts';
import { measureOutbox } from '../domain/events/outbox.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { cpuSecondsOf } from './cpuTime.ts';
import { openAsker } from './eventsAsk.ts';
import { emptyTables, eventIdOf, numberOfEvent, openKafka, startBuilt, untilIngested, viewOf, type EventsPlace } from './eventsPlace.ts';
import { readTopic } from './eventsTopic.ts';
import { printTable, printVerdict } from './figures.ts';

const BATCH = 1_000;
const CONNECTIONS = 4;
const PREFIX = 'million.';
const OUTBOX_MS = 1_800_000;

/** Puts events in by the API, in batches, and compares what was acknowledged with what lies on the topic and what is recorded, id by id. */
export async function measureMillion(place: EventsPlace): Promise<void> {
  const count = place.quick ? 50_000 : 1_000_000;
  await emptyTables(place);
  const kafka = openKafka(place, PREFIX);
  const api = await startBuilt(place, 'api', { KAFKA_TOPIC_PREFIX: PREFIX });
  const worker = await startBuilt(place, 'worker-ingest', { KAFKA_TOPIC_PREFIX: PREFIX });
  const processors = watchProcessors({ API: api.pid, 'ingest worker': worker.pid, Postgres: place.pids.postgres, Kafka: place.pids.kafka });
  const startedAt = performance.now();
  const secondsSince = () => (performance.now() - startedAt) / 1_000;
  const acknowledged = await putIn(api.url, count);
  const intakeS = secondsSince();
  const isEmpty = async () => (await measureOutbox(place.data.pool)).pending === 0;
  // It counts every row that waits: asked for often it is the larger part of what Postgres does.
  await waitFor('the outbox to be empty', isEmpty, { everyMs: 5_000, timeoutMs: OUTBOX_MS });
  const relayedS = secondsSince();
  await untilIngested(kafka);
  const ingestedS = secondsSince();
  const cpu = processors();

  await Promise.all([api.stop(), worker.stop()]);
  const onTopic = tally(count);
  await readTopic(kafka, 'user-events', ({ headers }) => onTopic.add(headers['id']!));
  const recorded = tally(count);
  const { rows } = await place.data.pool.query<{ event_id: string }>('select event_id from interactions');
  for (const { event_id } of rows) recorded.add(event_id);
  report({ acknowledged, 'on the topic': onTopic, recorded }, count);
  const row = (name: string, seconds: number) => [name, seconds.toFixed(1), (count / seconds).toFixed(0)];
  const ends = [row('all acknowledged', intakeS), row('all on the topic', relayedS), row('all recorded', ingestedS)];
  printTable([`${count} events, from the first request`, 's', 'events/s'], ends);
  const spent = cpu.map(([name, seconds]) => [name, seconds.toFixed(1), ((1e6 * seconds) / count).toFixed(0)]);
  printTable(['processor', 's', 'µs an event'], spent);
}

/** @returns what tells the seconds of processor that each process has had since, and this one beside them */
function watchProcessors(pids: Readonly<Record<string, number>>): () => (readonly [name: string, seconds: number])[] {
  const own = process.cpuUsage();
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, seconds: cpuSecondsOf(pid) }));
  return () => {
    const { user, system } = process.cpuUsage(own);
    return [...before.map(({ name, pid, seconds }) => [name, cpuSecondsOf(pid) - seconds] as const), ['this bench', (user + system) / 1e6]];
  };
}

type Tally = ReturnType<typeof tally>;

/** How often each event was seen, by its number. */
function tally(count: number) {
  const seen = new Uint8Array(count);
  let foreign = 0;
  return {
    add(id: string) {
      const nth = numberOfEvent(id);
      if (nth < count && eventIdOf(nth) === id) seen[nth]! += 1;
      else foreign += 1;
    },
    figures() {
      const some = seen.reduce((sum, times) => sum + (times > 0 ? 1 : 0), 0);
      const all = seen.reduce((sum, times) => sum + times, 0);
      return { some, again: all - some, foreign };
    },
  };
}

/** Each connection sends its next batch when the last was answered. @throws where one is not taken whole */
async function putIn(url: string, count: number): Promise<Tally> {
  const acknowledged = tally(count);
  const { ask, close } = openAsker(url, CONNECTIONS);
  let next = 0;
  const send = async () => {
    while (next < count) {
      const from = next;
      next += BATCH;
      const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, nth) => ({
        event_id: eventIdOf(from + nth),
        ...viewOf(from + nth),
      }));
      const answer = (await ask(events.interaction.path, { events: rows })) as { events: { event_id: string }[] };
      for (const { event_id } of answer.events) acknowledged.add(event_id);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  await close();
  return acknowledged;
}

function report(ends: Readonly<Record<string, Tally>>, count: number): void {
  const figures = Object.entries(ends).map(([name, end]) => ({ name, ...end.figures() }));
  printTable(
    ['at each end', 'events', 'again', 'others'],
    figures.map(({ name, some, again, foreign }) => [name, ...[some, again, foreign].map(String)]),
  );
  const isEqual = figures.every(({ some, foreign }) => some === count && foreign === 0) && figures.at(-1)!.again === 0;
  printVerdict(isEqual, `${count} events at each end`, figures.map(({ some }) => some).join(', '));
  if (!isEqual) process.exitCode = 1;
}
