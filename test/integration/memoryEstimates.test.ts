import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MODEL_KINDS, modelSpecSchema, schemaOf } from '../../contracts/models.ts';
import type { DatasetRef } from '../../contracts/training.ts';
import { trainingMb } from '../../domain/recommender/memory/needs.ts';
import { writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { callInChild } from '../../platform/childProcess/parent.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';

const BUDGET_MB = 8_192;
let folder: string;
let dataset: DatasetRef;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'memory-'));
  dataset = await writeSnapshot(createBlobStore(`file:${folder}`), tasteSnapshot({ users: 300, movies: 5_000, perUser: 160 }));
});
afterAll(() => rm(folder, { recursive: true }));

async function train(spec: unknown): Promise<number> {
  let peakMb = 0;
  await callInChild({
    file: path.join(PROJECT_ROOT, 'dist', 'workers', 'training', 'taskProcess.js'),
    name: 'trainModel',
    input: { dataset, spec, workflowId: 'training/memory' },
    env: { ...process.env, BLOB_URL: `file:${folder}` },
    heapMb: BUDGET_MB / 2,
    mostMb: BUDGET_MB,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onLog: () => undefined,
    onPeak: (peak) => (peakMb = peak),
  });
  return peakMb;
}

test.each(MODEL_KINDS)('training %s takes no more memory than a worker sets aside for it', async (kind) => {
  const { shape } = schemaOf(kind);
  const members = [{ kind: 'ease' }, { kind: 'ials', epochs: 1 }, { kind: 'sasrec', epochs: 1 }];
  const spec = modelSpecSchema.parse({ kind, ...('epochs' in shape && { epochs: 1 }), ...('members' in shape && { members }) });
  const peakMb = await train(spec);
  expect(peakMb).toBeLessThanOrEqual(trainingMb(spec, dataset));
});
