/**
 * What metrics and the log cost the model server: as it is deployed, its metrics asked for as Prometheus does, beside the same program without either
 * (`unwatched.mjs`), with the same weights under the same load. Each pair has fresh processes, asks both in short turns and in the other order than the pair
 * before, so that noise falls on both.
 * `npm run bench:overhead [-- --quick]`, after `npm run build`
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { readConfig } from '../platform/config.ts';
import { findListener } from '../platform/proc.mjs';
import { makeChoices, ML_1M } from './data.ts';
import { printTable, printVerdict, quantile } from './figures.ts';
import { askedOf, prepareData, type ServingData } from './servingData.ts';
import { CONNECTIONS } from './servingFigures.ts';
import { askInTurns, figuresOf, type LoadFigures } from './servingLoad.ts';
import { logFileOf, startOurs } from './servingServers.ts';
import type { MeasuredServer } from './servers.ts';

const quick = process.argv.includes('--quick');
const PAIRS = quick ? 3 : 20;
const TIMING = quick ? { seconds: 2, warmUpSeconds: 1, rounds: 1 } : { seconds: 3, warmUpSeconds: 5, rounds: 4 };
const QUICK_USERS = 600;
/** Of Student's distribution, for both ends of 95 %, by pairs. */
const STUDENT: Readonly<Record<number, number>> = { 3: 4.303, 20: 2.093 };
const AT_MOST = 0.05;
const SCRAPE_EVERY_MS = 5_000; // as deploy/prometheus/scrape.ts does
const UNWATCHED = path.join(import.meta.dirname, 'unwatched.mjs');

type Side = 'with' | 'without';
type Pair = Readonly<Record<Side, LoadFigures>>;

const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir: readConfig().cacheDir, which: ['postgres'] });
const place = { postgresUrl: engines.addresses.postgres, folder };
const postgresPid = findListener(Number(new URL(place.postgresUrl).port))!.pid;
const running = new Set<MeasuredServer>();
let data: ServingData | undefined;

async function end(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
  await data?.pool.end();
  await engines.remove();
  await rm(folder, { recursive: true, force: true });
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));

async function start(variant: Side, flags: readonly string[] = []): Promise<MeasuredServer> {
  const server = await startOurs(data!, { variant, flags });
  running.add(server);
  return server;
}

/** Both sides, one after the other. @param first that is asked first */
async function measurePair(first: Side): Promise<Pair> {
  const servers = { with: await start('with'), without: await start('without', ['--import', UNWATCHED]) };
  const scrapes = setInterval(() => void metricsOf(servers.with), SCRAPE_EVERY_MS);
  const asked = (side: Side) => ({ [side]: askedOf(servers[side], data!, { route: 'neural_cf' }) });
  const inOrder = { ...asked(first), ...asked(first === 'with' ? 'without' : 'with') } as Record<Side, ReturnType<typeof askedOf>>;
  const turns = await askInTurns(inOrder, { ...TIMING, connections: CONNECTIONS, postgresPid }).finally(() => clearInterval(scrapes));
  await expectSides(servers, turns.with.flatMap(({ answers }) => answers).length);
  for (const server of Object.values(servers)) {
    await server.stop();
    running.delete(server);
  }
  return { with: figuresOf(turns.with), without: figuresOf(turns.without) };
}

const metricsOf = async ({ url }: MeasuredServer) => (await fetch(`${url}/metrics`)).text();

/** @throws Error where one side is not what it is called */
async function expectSides(servers: Readonly<Record<Side, MeasuredServer>>, answers: number): Promise<void> {
  const linesOf = async (side: Side) => (await readFile(logFileOf(data!, side), 'utf8')).split('"msg":"request"').length - 1;
  const counted = Number(/^model_predictions_total\{.*\} (\d+)$/m.exec(await metricsOf(servers.with))?.[1] ?? 0);
  if (counted < answers || (await linesOf('with')) < answers) throw new Error(`${answers} answers, of which ${counted} were counted`);
  if ((await metricsOf(servers.without)) !== '' || (await linesOf('without')) > 0) throw new Error('the other side counts or logs too');
}

function report(pairs: readonly Pair[]): void {
  const row = (name: string, digits: number, of: (pair: Pair) => number) => [
    name,
    ...[0, 0.5, 1].map((share) => quantile(pairs.map(of), share).toFixed(digits)),
  ];
  const sides = ['with', 'without'] as const;
  printTable(
    ['', 'least', 'median', 'most'],
    [
      ...sides.map((side) => row(`answers/s ${side}`, 0, (pair) => pair[side].perSecond)),
      ...sides.map((side) => row(`ms of processor an answer ${side}`, 2, (pair) => pair[side].serverMs)),
      row('answers with, of those without', 3, ratioOf),
    ],
  );
  const ofProcessor = costOf(pairs.map((pair) => pair.without.serverMs / pair.with.serverMs));
  console.log(`cost by the processor that an answer takes, which other work on the machine changes less: ${ofProcessor.text}`);
  const { atMost, text } = costOf(pairs.map(ratioOf));
  printVerdict(atMost < AT_MOST, `metrics and log cost less than ${percent(AT_MOST)} of the answers`, text);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** @param ratios what is left of 1, by pairs */
function costOf(ratios: readonly number[]): { atMost: number; text: string } {
  const { mean, margin } = meanOf(ratios);
  return { atMost: 1 - mean + margin, text: `${percent(1 - mean)}, 95 %: ${percent(1 - mean - margin)} to ${percent(1 - mean + margin)}` };
}

const ratioOf = (pair: Pair) => pair.with.perSecond / pair.without.perSecond;

/** @returns the mean, and how far from it the ends of its 95 % interval are */
function meanOf(values: readonly number[]): { mean: number; margin: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, margin: STUDENT[values.length]! * Math.sqrt(variance / values.length) };
}

try {
  const users = quick ? QUICK_USERS : ML_1M.users;
  data = await prepareData(place, { name: 'overhead', snapshot: makeChoices({ ...ML_1M, users }), kinds: ['neural_cf'] });
  console.log(
    `${cpus().length} cores, Node ${process.version}; ${PAIRS} pairs of ${TIMING.rounds} turns of ${TIMING.seconds} s a side over ${CONNECTIONS} connections`,
  );
  const pairs: Pair[] = [];
  for (let nth = 0; nth < PAIRS; nth += 1) {
    const pair = await measurePair(nth % 2 === 0 ? 'with' : 'without');
    const failed = pair.with.failed + pair.without.failed;
    if (failed > 0) throw new Error(`${failed} requests failed`);
    pairs.push(pair);
    console.error(`pair ${nth + 1}: ${pair.with.perSecond.toFixed(0)}/s with, ${pair.without.perSecond.toFixed(0)}/s without`);
  }
  report(pairs);
} finally {
  await end();
}
