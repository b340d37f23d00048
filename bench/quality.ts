/**
 * Every kind of model on ML-100K by each protocol, beside known implementations on the same split and the published figures. The data lies in a
 * wheel on the Python package index, may not be passed on, and is fetched into the cache when it is first needed.
 * `npx tsx bench/quality.ts [--protocol loo] [--data <folder>] [--models ease,ials] [--seeds 1,2,3] [--without-peers]`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EVALUATION_PROTOCOLS, evaluationRequestSchema, type EvaluationProtocol } from '../contracts/evaluation.ts';
import { MODEL_KINDS, RATING_KINDS, type ModelKind } from '../contracts/models.ts';
import { build } from '../deploy/local/setup/build.mjs';
import { evaluate } from '../deploy/local/stack/evaluate.ts';
import { readConfig } from '../platform/config.ts';
import { printTable } from './figures.ts';
import { runPeers, type PeerFigures } from './qualityPeers.ts';

const WHEEL = 'recbole==1.2.1';
const FILES = ['ml-100k.inter', 'ml-100k.item'];
const EXTRACT = `
import glob, sys, zipfile
folder, names = sys.argv[1], sys.argv[2:]
with zipfile.ZipFile(glob.glob(folder + '/*.whl')[0]) as wheel:
    for name in names:
        open(folder + '/' + name, 'wb').write(wheel.read('recbole/dataset_example/ml-100k/' + name))`;

function fetchMl100k(): string {
  const folder = path.join(readConfig().cacheDir, 'ml-100k');
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  const aside = mkdtempSync(`${folder}.`);
  try {
    runPython(['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', aside, WHEEL]);
    runPython(['-c', EXTRACT, aside, ...FILES]);
    mkdirSync(path.join(aside, 'set'));
    for (const file of FILES) renameSync(path.join(aside, file), path.join(aside, 'set', file));
    renameSync(path.join(aside, 'set'), folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

function runPython(args: readonly string[]): void {
  const { status, error } = spawnSync('python3', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`python3 ${args.slice(0, 4).join(' ')} failed: ${error?.message ?? `code ${status}`}`);
}

const { values } = parseArgs({
  options: {
    protocol: { type: 'string' },
    data: { type: 'string' },
    models: { type: 'string' },
    seeds: { type: 'string', default: '42' },
    'without-peers': { type: 'boolean', default: false },
  },
});
interface Row {
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly cells: readonly string[];
  /** Name of the row of ours that a peer is held against. */
  readonly beside?: string;
}

async function rowsOf(protocol: EvaluationProtocol, kinds: readonly ModelKind[], seed: number): Promise<Row[]> {
  const rows: Row[] = [];
  const published = new Map<string, Row>();
  for (const kind of kinds) {
    process.stderr.write(`${protocol}, seed ${seed}: ${kind} …\n`);
    const answer = await evaluate(evaluationRequestSchema.parse({ data, protocol, seed, spec: specOf(kind, protocol) }), () => undefined);
    const cells = [intervalOf(answer, protocol), ...[answer.train_s, answer.evaluate_s, answer.peak_mb].map(String)];
    rows.push({ name: kind, metrics: answer.metrics, cells });
    for (const { system, metrics } of answer.published) published.set(system, { name: `${system} (published)`, metrics, cells: [] });
  }
  for (const peer of values['without-peers'] ? [] : await runPeers(protocol, data, kinds, seed)) {
    const cells = [intervalOf(peer, protocol), peer.seconds.toFixed(1), '', '', peer.settings];
    rows.push({ name: peer.name, metrics: peer.metrics, cells, beside: peer.beside });
  }
  return [...rows, ...published.values()];
}

/** One row of the rows of several seeds: the mean of each metric. What is said of one seed alone is left out. */
function meanOf(rows: readonly Row[]): Row {
  const [first] = rows as [Row];
  const mean = (metric: string) => rows.reduce((sum, { metrics }) => sum + metrics[metric]!, 0) / rows.length;
  const metrics = Object.fromEntries(Object.keys(first.metrics).map((metric) => [metric, mean(metric)]));
  return rows.length === 1 ? first : { ...first, metrics, cells: [] };
}

async function report(protocol: EvaluationProtocol, kinds: readonly ModelKind[], seeds: readonly number[]): Promise<void> {
  const { metrics, what } = EVALUATION_PROTOCOLS[protocol];
  const rows = new Map<string, Row[]>();
  for (const seed of seeds) for (const row of await rowsOf(protocol, kinds, seed)) rows.set(row.name, [...(rows.get(row.name) ?? []), row]);
  const means = new Map(Array.from(rows, ([name, of]) => [name, meanOf(of)]));
  const gainOf = ({ beside, metrics: of }: Row) =>
    beside === undefined ? '' : `${(means.get(beside)!.metrics[metrics[0]]! - of[metrics[0]]!).toFixed(4)} (${beside})`;
  console.log(`\n${protocol}: ${what}, ${seeds.length === 1 ? `seed ${seeds[0]}` : `mean of seeds ${seeds.join(', ')}`}\n`);
  printTable(
    ['', ...metrics, 'ours − theirs', '95 %', 'train s', 'evaluate s', 'peak MB', 'chosen'],
    Array.from(means.values(), (row) => [
      row.name,
      ...metrics.map((name) => row.metrics[name]?.toFixed(4) ?? ''),
      gainOf(row),
      ...row.cells,
    ]),
  );
}

function intervalOf({ intervals }: Pick<PeerFigures, 'intervals'>, protocol: EvaluationProtocol): string {
  const interval = intervals[EVALUATION_PROTOCOLS[protocol].metrics[0]];
  return `${interval?.low.toFixed(3)}–${interval?.high.toFixed(3)}`;
}

const specOf = (kind: ModelKind, protocol: EvaluationProtocol) => ({ kind, ...(protocol === 'rating' && RATING_KINDS.get(kind)) });

const protocols = Object.keys(EVALUATION_PROTOCOLS).filter((name) => name === (values.protocol ?? name)) as EvaluationProtocol[];
const asked = values.models?.split(',');
const seeds = values.seeds.split(',').map(Number);
await build();
const data = values.data ?? fetchMl100k();
for (const protocol of protocols) {
  const kinds = MODEL_KINDS.filter((kind) => (protocol !== 'rating' || RATING_KINDS.has(kind)) && (asked?.includes(kind) ?? true));
  await report(protocol, kinds, seeds);
}
