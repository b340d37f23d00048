/**
 * Every kind of model on ML-100K by each protocol, beside the published figures. The data lies in a wheel on the Python package index, may not be passed
 * on, and is fetched into the cache when it is first needed. `npx tsx bench/quality.ts [--protocol loo] [--data <folder>] [--models ease,ials]`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EVALUATION_PROTOCOLS, evaluationRequestSchema, type EvaluationProtocol } from '../contracts/evaluation.ts';
import { MODEL_KINDS, PRIMARY_METRIC } from '../contracts/models.ts';
import { build } from '../deploy/local/build.mjs';
import { evaluate } from '../deploy/local/evaluate.ts';
import { readConfig } from '../platform/config.ts';
import { printTable } from './figures.ts';

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
    run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', aside, WHEEL]);
    run('python3', ['-c', EXTRACT, aside, ...FILES]);
    mkdirSync(path.join(aside, 'set'));
    for (const file of FILES) renameSync(path.join(aside, file), path.join(aside, 'set', file));
    renameSync(path.join(aside, 'set'), folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return folder;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 4).join(' ')} failed: ${error?.message ?? `code ${status}`}`);
}

async function report(protocol: EvaluationProtocol, data: string, kinds: readonly string[]): Promise<void> {
  const { metrics, what } = EVALUATION_PROTOCOLS[protocol];
  const rows: string[][] = [];
  const published = new Map<string, string[]>();
  for (const kind of kinds) {
    process.stderr.write(`${protocol}: ${kind} …\n`);
    const request = evaluationRequestSchema.parse({ data, protocol, spec: { kind } });
    const answer = await evaluate(request, () => undefined);
    const figures = (of: Readonly<Record<string, number>>) => metrics.map((name) => of[name]?.toFixed(4) ?? '');
    const interval = answer.intervals[metrics[0]];
    rows.push([
      kind,
      ...figures(answer.metrics),
      `${interval?.low.toFixed(3)}–${interval?.high.toFixed(3)}`,
      ...[answer.train_s, answer.evaluate_s, answer.peak_mb].map(String),
    ]);
    for (const { system, metrics: reported } of answer.published)
      published.set(system, [`${system} (published)`, ...figures(reported), '', '', '', '']);
  }
  console.log(`\n${protocol}: ${what}\n`);
  printTable(['', ...metrics, '95 %', 'train s', 'evaluate s', 'peak MB'], [...rows, ...published.values()]);
}

const { values } = parseArgs({ options: { protocol: { type: 'string' }, data: { type: 'string' }, models: { type: 'string' } } });
const protocols = Object.keys(EVALUATION_PROTOCOLS).filter((name) => name === (values.protocol ?? name)) as EvaluationProtocol[];
const asked = values.models?.split(',');
await build();
const data = values.data ?? fetchMl100k();
for (const protocol of protocols) {
  const answering = MODEL_KINDS.filter((kind) => protocol !== 'rating' || kind === 'popularity' || PRIMARY_METRIC[kind].name === 'rmse');
  await report(
    protocol,
    data,
    answering.filter((kind) => asked?.includes(kind) ?? true),
  );
}
