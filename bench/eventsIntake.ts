import { spawn } from 'node:child_process';
import path from 'node:path';
import { events } from '../contracts/endpoints/events.ts';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { readConfig } from '../platform/config.ts';
import { emptyTables, openKafka, startBuilt, untilIngested, viewOf, type EventsPlace } from './eventsPlace.ts';
import { printTable, printVerdict, ratioOf } from './figures.ts';
import { answering, type MeasuredServer } from './servers.ts';
import { askInTurns, figuresOf, type Asked } from './servingLoad.ts';

const TIMES_BARE = 0.5;
const BATCH = 100;
const PREFIX = 'intake.';

/** What is asked at once, of either server. */
interface Way {
  readonly name: string;
  readonly connections: number;
  /** Events of a request */
  readonly size: number;
}
const WAYS: readonly Way[] = [
  { name: 'one at a time, 1 connection', connections: 1, size: 1 },
  { name: 'one at a time, 8 connections', connections: 8, size: 1 },
  { name: `batches of ${BATCH}, 8 connections`, connections: 8, size: BATCH },
];

/**
 * How many events the API acknowledges, beside an Express app that does one INSERT a request: first alone, then with the ingest worker, which sends them on
 * and records them on the same cores meanwhile.
 */
export async function measureIntake(place: EventsPlace): Promise<void> {
  await place.data.pool.query('create table bare_events (id uuid primary key, user_id text not null, event jsonb not null)');
  const api = await startBuilt(place, 'api', { KAFKA_TOPIC_PREFIX: PREFIX });
  const bare = place.keep(await startFloor(place));
  const rows: string[][] = [];
  for (const isAlone of [true, false]) {
    const worker = isAlone ? undefined : await startBuilt(place, 'worker-ingest', { KAFKA_TOPIC_PREFIX: PREFIX });
    for (const way of WAYS) rows.push(...(await measureWay(place, { api, bare, way, isAlone })));
    await worker?.stop();
  }
  await Promise.all([api.stop(), bare.stop()]);
  const head = ['events/s', 'p50 ms', 'p99 ms', 'server: CPU µs', 'Postgres: CPU µs', 'ours: rate', 'p99'];
  printTable(['intake; times of a request, processor of an event', ...head], rows);
}

async function startFloor({ data }: EventsPlace): Promise<MeasuredServer> {
  const [port = 0] = await freePorts(1);
  const program = path.join(import.meta.dirname, 'eventsIntakeFloor.ts');
  const { poolSize } = readConfig().database;
  const child = spawn(process.execPath, [...process.execArgv, program, String(port), String(poolSize)], {
    env: { ...process.env, DATABASE_URL: data.databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return answering({ child, port, logFile: path.join(data.folder, 'bare intake.log'), to: 1 });
}

interface Sides {
  readonly api: MeasuredServer;
  readonly bare: MeasuredServer;
  readonly way: Way;
  readonly isAlone: boolean;
}

async function measureWay(place: EventsPlace, { api, bare, way, isAlone }: Sides): Promise<string[][]> {
  const { connections, size } = way;
  const bodies = bodiesOf(size);
  const asked: Record<'ours' | 'bare', Asked> = {
    ours: { server: api, path: events.interaction.path, bodies },
    bare: { server: bare, path: size === 1 ? '/event' : '/events', bodies },
  };
  const timing = place.quick ? { rounds: 3, seconds: 2, warmUpSeconds: 1 } : { rounds: 5, seconds: 10, warmUpSeconds: 3 };
  const afterTurn = () => clear(place, isAlone);
  const turns = await askInTurns(asked, { ...timing, connections, postgresPid: place.pids.postgres, afterTurn });

  const ours = figuresOf(turns.ours);
  const theirs = figuresOf(turns.bare);
  const failed = ours.failed + theirs.failed;
  if (failed > 0) throw new Error(`${failed} requests failed`);
  const rate = ratioOf(turns.ours.map((turn, round) => perSecondOf(turn) / perSecondOf(turns.bare[round]!)));
  const p99 = ratioOf([theirs.p99 / ours.p99]);
  const name = `${way.name}${isAlone ? '' : ', ingest worker beside it'}`;
  printVerdict(rate.median >= TIMES_BARE, `${name}: ${TIMES_BARE} times the bare INSERT`, rate.text);
  const cells = ({ perSecond, p50, p99: slow, serverMs, postgresMs }: typeof ours) => [
    (perSecond * size).toFixed(0),
    p50.toFixed(1),
    slow.toFixed(1),
    ((1_000 * serverMs) / size).toFixed(0),
    ((1_000 * postgresMs) / size).toFixed(0),
  ];
  return [
    [name, ...cells(ours), rate.text, `${p99.median.toFixed(2)}×`],
    ['  bare', ...cells(theirs), '', ''],
  ];
}

const perSecondOf = ({ answers, seconds }: { answers: readonly unknown[]; seconds: number }) => answers.length / seconds;

function bodiesOf(size: number): string[] {
  const viewsFrom = (from: number) => Array.from({ length: size }, (_, nth) => viewOf(from + nth));
  return Array.from({ length: 500 }, (_, nth) => JSON.stringify(size === 1 ? viewOf(nth) : { events: viewsFrom(nth * size) }));
}

/** What waits is taken away, not waited for; what is on its topic already has to be through. */
async function clear(place: EventsPlace, isAlone: boolean): Promise<void> {
  await place.data.pool.query('truncate outbox, bare_events');
  if (!isAlone) await untilIngested(openKafka(place, PREFIX));
  await emptyTables(place);
}
