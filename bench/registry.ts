/**
 * The registry beside `mlflow server` on the same Postgres: both servers stand at once, are asked in turns, and have the same rows.
 * `npm run bench:registry -- [seconds a round] [MB of an artifact]`; `--quick` for a tenth of the rows and one round
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { startEngines } from '../deploy/local/engines/startEngines.ts';
import { readConfig } from '../platform/config.ts';
import { printTable, quantile } from './figures.ts';
import { measureArtifacts } from './registryArtifacts.ts';
import { call, fillRegistry, numbered } from './registryFill.ts';
import { ask, CONNECTIONS, loadFor, type Question } from './registryLoad.ts';
import { LONG_RUN, MANY, METRICS_OF_RUN, MODELS, ourRows, theirRows, WIDE_RUN, type Experiments } from './registryRows.ts';
import { startMlflow, startOurs, type RegistryServer } from './registryServers.ts';

const quick = process.argv.includes('--quick');
const [seconds = quick ? 3 : 10, artifactMb = quick ? 200 : 2_000] = process.argv.slice(2).filter(Number).map(Number);
const ROUNDS = quick ? 1 : 3;
const SIZES = quick
  ? { runs: 10_000, metrics: 12_000, versions: 20_000, compared: 100 }
  : { runs: 10_000, metrics: 12_000, versions: 200_000, compared: 500 };
const FOUND = 1_000;

const idOf = (what: string) => createHash('md5').update(what).digest('hex');
const queryOf = (pairs: (readonly [string, string])[]) => new URLSearchParams(pairs as [string, string][]).toString();

/** What is asked again and again, by its number. */
const LOADS: Readonly<Record<string, (nth: number, experiments: Experiments) => Question>> = {
  'create version': (nth) =>
    call('model-versions/create', { name: `model ${(nth % MODELS) + 1}`, source: 's3://models/one', run_id: idOf('run 1') }),
  'get model': (nth) => call(`registered-models/get?${queryOf([['name', `model ${(nth % MODELS) + 1}`]])}`),
  'log 100 metrics': (nth) =>
    call('runs/log-batch', {
      run_id: idOf(`run ${(nth % SIZES.runs) + 1}`),
      metrics: numbered(100, (m) => ({ key: `logged ${m}`, value: nth + m / 100, timestamp: 1_770_000_000_000 + nth, step: nth })),
    }),
};

const searchRuns = (experiment: number, most: number, more: object) =>
  call('runs/search', { experiment_ids: [String(experiment)], max_results: most, ...more });
const SEARCH = (_nth: number, { searched }: Experiments) =>
  searchRuns(searched, FOUND, { filter: "metrics.`metric 1` > 0.2 and params.`param 1` != '3'", order_by: ['metrics.`metric 2` DESC'] });

const COMPARED = numbered(SIZES.compared, (nth) => idOf(`compared ${nth + 1}`));
const chunks = numbered(Math.ceil(COMPARED.length / 100), (nth) => COMPARED.slice(nth * 100, nth * 100 + 100));

/** What is asked once at a time, of what is large: all the calls of one look. */
const LOOKS: Readonly<Record<string, (experiments: Experiments) => readonly Question[]>> = {
  [`run with ${SIZES.metrics} metrics`]: () => [call(`runs/get?${queryOf([['run_id', idOf(WIDE_RUN)]])}`)],
  [`history of ${SIZES.metrics} points`]: () => [
    call(
      `metrics/get-history?${queryOf([
        ['run_id', idOf(LONG_RUN)],
        ['metric_key', 'long'],
        ['max_results', '25000'],
      ])}`,
    ),
  ],
  [`model with ${SIZES.versions} versions`]: () => [call(`registered-models/get?${queryOf([['name', MANY]])}`)],
  'its latest versions': () => [call('registered-models/get-latest-versions', { name: MANY })],
  'its newest 25 versions, by search': () => [
    call(
      `model-versions/search?${queryOf([
        ['filter', `name = '${MANY}'`],
        ['order_by', 'version_number DESC'],
        ['max_results', '25'],
      ])}`,
    ),
  ],
  [`${SIZES.compared} runs, by search`]: ({ compared }) => [searchRuns(compared, SIZES.compared, {})],
  [`${SIZES.compared} runs, one by one`]: () => COMPARED.map((id) => call(`runs/get?${queryOf([['run_id', id]])}`)),
  [`their histories of 1,000 points, sampled`]: () =>
    chunks.map((ids) =>
      call(
        `metrics/get-history-bulk-interval?${queryOf([
          ...ids.map((id) => ['run_ids', id] as const),
          ['metric_key', 'loss'],
          ['max_results', '320'],
        ])}`,
      ),
    ),
};

type Side = RegistryServer & { readonly experiments: Experiments };
interface Sides {
  readonly theirs: Side;
  readonly ours: Side;
}
const NAMES = ['theirs', 'ours'] as const;
const inTurns = async <T>(of: (name: (typeof NAMES)[number]) => Promise<T>) => ({ theirs: await of('theirs'), ours: await of('ours') });

let asked = 0;
async function measureLoad(sides: Sides, question: (nth: number, experiments: Experiments) => Question) {
  const load = (side: Side, time: number) => loadFor(time, side.url, () => question((asked += 1), side.experiments));
  await inTurns((name) => load(sides[name], quick ? 1 : 3)); // until the pools and the JIT are warm
  const rounds: Awaited<ReturnType<typeof inTurns<Awaited<ReturnType<typeof loadFor>>>>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await inTurns((name) => load(sides[name], seconds)));
  const figuresOf = (name: (typeof NAMES)[number]) => {
    const times = rounds.flatMap((round) => round[name].times);
    const took = rounds.reduce((sum, round) => sum + round[name].seconds, 0);
    return { perSecond: times.length / took, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  };
  return { theirs: figuresOf('theirs'), ours: figuresOf('ours') };
}

async function measureLook(sides: Sides, look: (experiments: Experiments) => readonly Question[]) {
  const times: Record<(typeof NAMES)[number], number[]> = { theirs: [], ours: [] };
  for (let round = 0; round < ROUNDS * 3; round += 1)
    await inTurns(async (name) => {
      const startedAt = performance.now();
      for (const question of look(sides[name].experiments)) await ask(sides[name].url, question);
      times[name].push(performance.now() - startedAt);
    });
  return { theirs: quantile(times.theirs, 0.5), ours: quantile(times.ours, 0.5) };
}

/** Both must have found the same, or their times say nothing. */
async function checkSearch({ theirs, ours }: Sides): Promise<void> {
  const found = async (side: Side) =>
    ((await ask(side.url, SEARCH(0, side.experiments))) as { runs: { info: { run_id: string }; data: { metrics: object[] } }[] }).runs.map(
      ({ info, data }) => `${info.run_id} ${data.metrics.length}`,
    );
  const [one, other] = [await found(theirs), await found(ours)];
  if (one.length !== FOUND || one.join() !== other.join()) throw new Error('the two searches found different runs');
  if (!one.every((run) => run.endsWith(` ${METRICS_OF_RUN}`))) throw new Error('runs have other metrics than they were given');
}

const times = (better: number) => `${better.toFixed(1)}×`;

async function reportLoads(sides: Sides): Promise<void> {
  const rows: string[][] = [];
  for (const [what, question] of [[`search ${FOUND} of ${SIZES.runs} runs`, SEARCH] as const, ...Object.entries(LOADS)]) {
    const { theirs, ours } = await measureLoad(sides, question);
    const figures = [ours, theirs].flatMap(({ perSecond, p50, p99 }) => [perSecond.toFixed(1), p50.toFixed(1), p99.toFixed(1)]);
    rows.push([what, ...figures, times(ours.perSecond / theirs.perSecond), times(theirs.p99 / ours.p99)]);
    console.error(rows.at(-1)!.join('  '));
  }
  const head = ['ours/s', 'p50 ms', 'p99 ms', "MLflow's/s", 'p50 ms', 'p99 ms', 'rate', 'p99'];
  printTable([`over ${CONNECTIONS} connections`, ...head], rows);
}

async function reportLooks(sides: Sides): Promise<void> {
  const rows: string[][] = [];
  for (const [what, look] of Object.entries(LOOKS)) {
    const { theirs, ours } = await measureLook(sides, look);
    rows.push([what, ours.toFixed(1), theirs.toFixed(1), times(theirs / ours)]);
    console.error(rows.at(-1)!.join('  '));
  }
  printTable(['what is large: median ms', 'ours', "MLflow's", 'times faster'], rows);
}

async function reportArtifacts(sides: Sides): Promise<void> {
  const { theirs, ours } = await inTurns((name) => measureArtifacts(sides[name], sides[name].experiments.large, artifactMb));
  const row = (what: string, figure: 'up' | 'down') => [
    what,
    ours[figure].toFixed(0),
    theirs[figure].toFixed(0),
    times(ours[figure] / theirs[figure]),
  ];
  printTable([`an artifact of ${artifactMb} MB: MB/s`, 'ours', "MLflow's", 'times faster'], [row('up', 'up'), row('down', 'down')]);
  console.log(`resident memory of our process above idle: ${ours.aboveIdleMb.toFixed(0)} MB at most`);
}

const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const engines = await startEngines({ stateDir: path.join(folder, 'state'), cacheDir: readConfig().cacheDir, which: ['postgres'] });
const stops: (() => Promise<void>)[] = [];
try {
  const place = { postgresUrl: engines.addresses.postgres, folder };
  const started = await inTurns(async (name) => {
    const server = await (name === 'ours' ? startOurs : startMlflow)(place);
    stops.push(server.stop);
    return server;
  });
  console.error('filling both …');
  const sides = await inTurns(async (name) => ({
    ...started[name],
    experiments: await fillRegistry(started[name], name === 'ours' ? ourRows : theirRows, SIZES),
  }));
  await checkSearch(sides);
  console.log(`${cpus().length} cores, Node ${process.version}; ${ROUNDS} rounds of ${seconds} s in turns\n`);
  await reportLooks(sides);
  await reportLoads(sides);
  await reportArtifacts(sides);
} finally {
  await Promise.all(stops.map((stop) => stop()));
  await engines.remove();
  await rm(folder, { recursive: true, force: true });
}
