/**
 * How the time and memory of learning grow with the data: every kind of model on made-up choices of MovieLens' sizes, each in a process of its own, with the
 * hyper-parameters of its size. Of kinds that learn in epochs one epoch is timed; where that takes over two minutes, it is cut off and the rest is
 * reckoned by its pace. `npm run bench:growth [-- --kinds ease,ials] [--sizes ML-100K,ML-1M]`, after `npm run build`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_KINDS, modelSpecSchema, schemaOf, type ModelKind } from '../contracts/models.ts';
import type { DatasetRef } from '../contracts/training.ts';
import { writeSnapshot } from '../domain/recommender/data/snapshotFiles.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { makeChoices, ML_100K, ML_1M, ML_25M } from './data.ts';
import { printTable } from './figures.ts';
import { trainInChild } from './trainInChild.ts';

const SIZES = { 'ML-100K': ML_100K, 'ML-1M': ML_1M, 'ML-25M': ML_25M };
const MAX_MS = { epoch: 120_000, whole: 1_200_000 };
/** Without the kind that is made of others: it takes what they take. */
const KINDS = MODEL_KINDS.filter((kind) => kind !== 'ensemble');

const { values } = parseArgs({ options: { kinds: { type: 'string' }, sizes: { type: 'string' } } });
const kinds = KINDS.filter((kind) => values.kinds?.split(',').includes(kind) ?? true);
const sizes = Object.entries(SIZES).filter(([name]) => values.sizes?.split(',').includes(name) ?? true);
const folder = await mkdtemp(path.join(tmpdir(), 'bench-growth-'));

/** @returns seconds and peak MB, as text */
async function measure(kind: ModelKind, dataset: DatasetRef): Promise<[string, string]> {
  const { shape } = schemaOf(kind);
  const once = 'epochs' in shape;
  const spec = modelSpecSchema.parse({ kind, ...(once && { epochs: 1 }), ...('patience' in shape && { patience: 0 }) });
  const { model, peakMb, progress, progressMs } = await trainInChild(folder, dataset, spec, once ? MAX_MS.epoch : MAX_MS.whole);
  const peak = peakMb.toLocaleString('en');
  const rounded = (seconds: number) => String(Number(seconds.toPrecision(2)));
  if (model) return [rounded(model.train_ms / 1000), peak];
  if (!progress) return ['no end', peak];
  // Progress is told about once a second.
  const seconds = 1 + progressMs / 1000 + (progress.eta_s ?? 0);
  return [`≈ ${rounded(seconds)}`, peak];
}

try {
  const rows = new Map(kinds.map((kind) => [kind, [kind as string]]));
  for (const [name, size] of sizes) {
    process.stderr.write(`${name}: made up …\n`);
    const dataset = await writeSnapshot(createBlobStore(`file:${folder}`), makeChoices(size));
    for (const kind of kinds) {
      const figures = await measure(kind, dataset).catch((error: unknown): [string, string] => [String(error), '']);
      process.stderr.write(`${name}, ${dataset.interactions} interactions: ${kind} ${figures.join(' s, ')} MB\n`);
      rows.get(kind)!.push(...figures);
    }
  }
  printTable(['', ...sizes.flatMap(([name]) => [`${name}, s`, 'peak MB'])], [...rows.values()]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
