/**
 * kill -9 of one part of the running stack after the other, at random moments under load, and then: is every event that was acknowledged recorded, once,
 * and in its user's order? The stack is started as `npm start` starts it, on random ports and in a folder of its own; its supervisor starts again what dies.
 * `npm run bench:chaos -- [--times 10] [--seed 1] [api|worker-ingest|kafka|postgres|temporal|worker-control …]`; exit code 1 where the promise is broken
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readState, toIdentity, type ServiceRow } from '../deploy/local/stack/stackState.ts';
import { signal } from '../deploy/local/supervision/processIdentity.ts';
import { measureOutbox } from '../domain/events/outbox.ts';
import { createRandom, shuffle, type Random } from '../domain/recommender/numeric/random.ts';
import { readConfig, type Config } from '../platform/config.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { createLogger } from '../platform/log.ts';
import { createPool, POOL_WAITS, type Pool } from '../platform/postgres.ts';
import { createStackSettings, startStack, waitForOutput, type TestStack } from '../test/support/stack.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { findFaults, type Faults } from './chaosCheck.ts';
import { startLoad, type Acknowledged, type ChaosLoad } from './chaosLoad.ts';
import { untilIngested } from './eventsPlace.ts';
import { printTable, printVerdict } from './figures.ts';

const PARTS = ['api', 'worker-ingest', 'kafka', 'postgres', 'temporal', 'worker-control'] as const;
type Part = (typeof PARTS)[number];
/** Ready says that they can be counted on; a model server has no model here. */
const READY = ['API_PORT', 'WORKER_INGEST_METRICS_PORT', 'WORKER_CONTROL_METRICS_PORT'] as const;
const START_MS = 180_000;
const RECOVERY_MS = 180_000;
/** From when all is well to the next kill. */
const LEAST_CALM_MS = 500;
const MOST_CALM_MS = 4_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '10' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
const [times, seed] = [Number(values.times), Number(values.seed)];
const unknown = positionals.filter((name) => !(PARTS as readonly string[]).includes(name));
if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`);
const parts = PARTS.filter((part) => positionals.length === 0 || positionals.includes(part));

interface Chaos {
  readonly stack: TestStack;
  readonly config: Config;
  readonly pool: Pool;
  readonly load: ChaosLoad;
}

const servicesOf = ({ env }: TestStack): readonly ServiceRow[] => readState(env['STATE_DIR'] ?? '')?.services ?? [];

/** @returns seconds from the kill until everything is well again */
async function killAndWait(chaos: Chaos, part: Part): Promise<number> {
  const { pid, start_time } = servicesOf(chaos.stack).find(({ name }) => name === part)!;
  const killedAt = performance.now();
  if (!signal(toIdentity({ pid: pid!, start_time: start_time! }), 'SIGKILL')) throw new Error(`${part} was gone before it was killed`);
  await waitFor(`all to be well after a kill of ${part}`, () => isWell(chaos, { part, pid: pid! }), {
    everyMs: 100,
    timeoutMs: RECOVERY_MS,
  });
  const { acknowledged } = chaos.load;
  const before = acknowledged.length;
  await waitFor(`an event after a kill of ${part} to be acknowledged`, () => acknowledged.length > before, { timeoutMs: RECOVERY_MS });
  const newest = acknowledged.at(-1)!;
  await waitFor(`an event after a kill of ${part} to be recorded`, () => isRecorded(chaos, newest), {
    everyMs: 100,
    timeoutMs: RECOVERY_MS,
  });
  return (performance.now() - killedAt) / 1_000;
}

async function isWell({ stack, config }: Chaos, killed: { part: Part; pid: number }): Promise<boolean> {
  const services = servicesOf(stack);
  const isBack = services.every(({ name, state, pid }) => state === 'running' && !(name === killed.part && pid === killed.pid));
  if (!isBack || services.length === 0) return false;
  const answers = await Promise.all(READY.map((port) => fetch(`http://127.0.0.1:${config.ports[port]}/health/ready`)));
  return answers.every(({ ok }) => ok);
}

async function isRecorded({ pool }: Chaos, { id }: Acknowledged): Promise<boolean> {
  const { rowCount } = await pool.query('select from interactions where event_id = $1', [id]);
  return rowCount === 1;
}

/** Each part once a round, in another order each. @returns seconds of each recovery */
async function killInTurns(chaos: Chaos, random: Random): Promise<Map<Part, number[]>> {
  const recoveries = new Map<Part, number[]>(parts.map((part) => [part, []]));
  for (let round = 0; round < times; round += 1) {
    const order = Uint32Array.from(parts.keys());
    shuffle(order, random);
    for (const at of order) {
      const part = parts[at]!;
      chaos.load.during(part);
      await sleep(LEAST_CALM_MS + random.below(MOST_CALM_MS - LEAST_CALM_MS));
      const seconds = await killAndWait(chaos, part);
      recoveries.get(part)!.push(seconds);
      console.error(`${round + 1}/${times} ${part}: well after ${seconds.toFixed(1)} s, ${chaos.load.acknowledged.length} acknowledged`);
    }
  }
  return recoveries;
}

function report(acknowledged: readonly Acknowledged[], recoveries: Map<Part, number[]>, faults: Faults): void {
  const { lost, doubled, outOfOrder } = faults;
  const row = (name: string, events: readonly Acknowledged[], seconds: readonly number[]) => {
    const among = (ids: ReadonlySet<string>) => events.filter(({ id }) => ids.has(id)).length;
    const counts = [seconds.length, events.length, among(lost), among(doubled), among(outOfOrder)];
    return [name, ...counts.map(String), Math.max(...seconds).toFixed(1)];
  };
  const rows = [...recoveries].map(([part, seconds]) =>
    row(
      part,
      acknowledged.filter((event) => event.part === part),
      seconds,
    ),
  );
  const head = ['killed', 'kills', 'acknowledged', 'lost', 'doubled', 'out of order', 'slowest recovery s'];
  printTable(head, [...rows, row('all', acknowledged, [...recoveries.values()].flat())]);
  console.log(`${faults.repeatedMessages} messages came again on the topic and were dropped by their ids`);
  const isKept = [lost, doubled, outOfOrder].every(({ size }) => size === 0) && faults.unacknowledged === 0;
  const figure = `${lost.size} lost, ${doubled.size} doubled, ${outOfOrder.size} out of order, ${faults.unacknowledged} that nobody was told of`;
  printVerdict(isKept, 'what is acknowledged is recorded, once and in the order of its user', figure);
  if (!isKept) process.exitCode = 1;
}

async function run(stack: TestStack): Promise<void> {
  await waitForOutput(stack, /^Ready after/m, START_MS);
  const config = readConfig(stack.env);
  const log = createLogger('bench', 'silent');
  const kafka = createKafka({ ...config.kafka, clientId: 'bench', log });
  const pool = createPool({ ...config.database, poolSize: 2, log, waits: POOL_WAITS.request });
  try {
    const load = startLoad({ apiUrl: stack.apiUrl, seed });
    const recoveries = await killInTurns({ stack, config, pool, load }, createRandom(seed));
    await load.stop();
    await waitFor('the outbox to be empty', async () => (await measureOutbox(pool)).pending === 0, { everyMs: 250 });
    await untilIngested(kafka);
    console.log(`${cpus().length} cores, Node ${process.version}; seed ${seed}, ${load.again} requests sent again\n`);
    report(load.acknowledged, recoveries, await findFaults({ db: pool, kafka }, load.acknowledged));
  } finally {
    await pool.end();
  }
}

console.error(`seed ${seed}; the stack starts …`);
const stack = await startStack(['--no-job'], await createStackSettings());
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stack.interrupt().then(() => process.exit(1)));
try {
  await run(stack);
} finally {
  await stack.interrupt();
  await stack.remove();
}
