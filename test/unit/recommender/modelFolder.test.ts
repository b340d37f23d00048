import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelRef } from '../../../contracts/training.ts';
import { loadModel, loadSpec } from '../../../domain/recommender/training/modelFiles.ts';
import { readModelFolder } from '../../../domain/recommender/training/modelFolder.ts';
import { packModel, unpackModel } from '../../../domain/recommender/model/modelParts.ts';
import { createVocabulary } from '../../../domain/recommender/data/interactions.ts';
import { createBlobStore } from '../../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../../platform/blobs/store.ts';
import { loadTensorflow } from '../../../platform/tensorflow.ts';
import { trainTinyModel } from '../../support/tinyTraining.ts';

const { tf } = loadTensorflow('cpu');

let root: string;
let blobs: BlobStore;
let model: ModelRef;
let other: ModelRef;
const fileOf = (name: string, { uri } = model) => path.join(root, uri.slice('blob:'.length), name);
const load = () => loadModel(blobs, { name: 'popularity', uri: model.uri }, tf);
const refused = (words: string | RegExp) => ({ type: 'ModelCorrupt', message: expect.stringMatching(words) as unknown });

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'models '));
  blobs = createBlobStore(`file:${root}`);
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  model = (await trainTinyModel({ blobs, tf }, 'popularity')).model;
  other = (await trainTinyModel({ blobs, tf }, 'item_knn')).model;
});

const flip = async (name: string, at: number) => {
  const bytes = await blobs.get(`${model.uri}/${name}`);
  bytes[(at + bytes.length) % bytes.length]! ^= 0x40;
  await writeFile(fileOf(name), bytes);
};

describe('the folder of a model', () => {
  test('is named by the sha256 of its manifest, which the registry keeps, and saving again mends what was broken', async () => {
    expect(model.uri).toBe(`blob:trained/popularity/${model.digest}`);
    await flip('weights.safetensors', -1);
    await expect(load()).rejects.toMatchObject(refused(''));
    await trainTinyModel({ blobs, tf }, 'popularity');
    (await load()).dispose();
  });

  test.each(['weights.safetensors', 'vocabulary.json', 'config.json', 'metrics.json', 'manifest.json'])(
    'is refused for good where a byte of %s was flipped, with the file and both digests',
    async (name) => {
      for (const at of [0, 20, -1]) {
        await trainTinyModel({ blobs, tf }, 'popularity');
        await flip(name, at);
        await expect(load()).rejects.toMatchObject(
          refused(new RegExp(`${name} is not what was saved: its sha256 is [0-9a-f]{64}, not [0-9a-f]{64}`)),
        );
      }
    },
  );

  test.each([
    ['cut short', (content: Buffer) => content.subarray(0, -3)],
    ['empty', () => Buffer.alloc(0)],
    ['longer', (content: Buffer) => Buffer.concat([content, Buffer.from('\n')])],
  ])('is refused where a file is %s', async (_, change) => {
    for (const name of await readdir(fileOf(''))) {
      await trainTinyModel({ blobs, tf }, 'popularity');
      await writeFile(fileOf(name), change(await blobs.get(`${model.uri}/${name}`)));
      await expect(load()).rejects.toMatchObject(refused(`${name} is not what was saved`));
    }
  });

  test('is refused where a file is gone, and is missing where all are', async () => {
    for (const name of await readdir(fileOf(''))) {
      await trainTinyModel({ blobs, tf }, 'popularity');
      await rm(fileOf(name));
      await expect(load()).rejects.toMatchObject(refused(`${name} is missing`));
    }
    await blobs.remove(model.uri);
    await expect(load()).rejects.toMatchObject({ name: 'BlobMissing' });
  });

  test("is refused where it holds another model's files, whole as they are", async () => {
    await cp(fileOf('weights.safetensors', other), fileOf('weights.safetensors'));
    await expect(load()).rejects.toMatchObject(refused('weights.safetensors is not what was saved'));
    await cp(fileOf('', other), fileOf(''), { recursive: true });
    await expect(load()).rejects.toMatchObject(refused('manifest.json is not what was saved'));
  });

  test('may hold a file of somebody else, which is not read', async () => {
    await writeFile(fileOf('weights.safetensors.bak'), 'x');
    expect(Object.keys(await readModelFolder(blobs, model.uri))).not.toContain('weights.safetensors.bak');
    (await load()).dispose();
    await rm(fileOf('weights.safetensors.bak'));
  });

  test('tells its hyper-parameters only as they were saved', async () => {
    expect(await loadSpec(blobs, model.uri)).toEqual({ kind: 'popularity' });
    await writeFile(fileOf('config.json'), JSON.stringify({ format: 1, spec: { kind: 'ease' }, users: 1, movies: 1 }));
    await expect(loadSpec(blobs, model.uri)).rejects.toMatchObject(refused('config.json is not what was saved'));
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('a model with a weight of %d is refused', (value) => {
  const vocabulary = createVocabulary(['1', '2']);
  const weights = { counts: { shape: [2], values: Float32Array.of(1, value) } };
  const files = packModel({ spec: { kind: 'popularity' }, users: vocabulary, movies: vocabulary, weights, losses: [] });
  expect(() => unpackModel(files, 'popularity')).toThrow(`the model's weight counts[1] is ${value}`);
  // Where a kind says that some are not known, NaN says so.
  const told = () => unpackModel(files, 'popularity', ['counts']);
  if (Number.isNaN(value)) expect(told().weights['counts']!.values[1]).toBeNaN();
  else expect(told).toThrow(`counts[1] is ${value}`);
});
