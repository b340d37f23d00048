import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatasetRef, ModelRef } from '../../contracts/training.ts';
import { lookAtTensorflow } from '../../deploy/local/stack/doctor.ts';
import { readEpochs } from '../../domain/recommender/training/epochRecords.ts';
import { writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { callInChild } from '../../platform/childProcess/parent.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { smallSpec } from '../unit/recommender/training.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';

let folder: string;
let blobs: BlobStore;
let dataset: DatasetRef;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backends-'));
  blobs = createBlobStore(`file:${folder}`);
  dataset = await writeSnapshot(blobs, tasteSnapshot({ users: 24 }));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a task of the training worker as the worker does, on a backend. */
async function run(task: string, input: unknown, backend: string): Promise<unknown> {
  return callInChild({
    file: path.join(PROJECT_ROOT, 'dist', 'workers', 'training', 'taskProcess.js'),
    name: task,
    input,
    env: { ...process.env, TF_BACKEND: backend, BLOB_URL: `file:${folder}` },
    heapMb: 512,
    mostMb: 4_096,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onLog: () => undefined,
  });
}

test('without a word on it, TensorFlow runs natively here', async () => {
  const { backend } = (await run('describeTensorflow', null, 'auto')) as { backend: string };
  expect(['gpu', 'cpu']).toContain(backend);
});

test('where WebAssembly serves the doctor says so, and what it lacks', async () => {
  expect(await lookAtTensorflow({ tfBackend: 'wasm' })).toMatch(/^backend wasm, version 4\.\d+\.\d+: without the native addon, slower/);
  expect(await lookAtTensorflow({ tfBackend: 'cpu' })).toMatch(/^backend cpu, version 4\.\d+\.\d+$/);
});

test.each(['neural_cf', 'ials'] as const)('%s learns the same on each backend, up to rounding, and says where', async (kind) => {
  const losses: number[] = [];
  for (const backend of ['cpu', 'wasm', 'js']) {
    const input = { dataset, spec: smallSpec(kind, { epochs: 3 }), workflowId: `training/${backend}/${kind}` };
    const model = (await run('trainModel', input, backend)) as ModelRef;
    expect(model.backend).toBe(backend);
    losses.push((await readEpochs(blobs, model.history_uri)).at(-1)!.loss!);
  }
  for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 2);
});

test.each([
  ['ease', {}],
  ['ials', { solver: 'cholesky' }],
  ['sasrec', {}],
] as const)('%s %j, which needs operations that WebAssembly lacks, says so', async (kind, settings) => {
  const training = run('trainModel', { dataset, spec: smallSpec(kind, settings), workflowId: `training/wasm/${kind}` }, 'wasm');
  await expect(training).rejects.toMatchObject({
    failure: { kind: 'permanent', type: 'BackendUnsupported' },
    message: expect.stringContaining('wasm'),
  });
});

test('a GPU that is asked for and not there is said to be missing', async () => {
  await expect(run('describeTensorflow', null, 'gpu')).rejects.toThrow(/TF_BACKEND/);
});
