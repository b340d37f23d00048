import { expect, jest, test } from '@jest/globals';
import pino from 'pino';
import { fitOnDevice } from '../../../domain/recommender/training/fitOnDevice.ts';
import { NO_CHECKPOINTS } from '../../../domain/recommender/model/model.ts';
import { unpackModel } from '../../../domain/recommender/model/modelParts.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import type { Tensorflow } from '../../../platform/tensorflow.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, smallSpec, tf } from './training.ts';

const data = trainingDataOf(tasteSnapshot({ users: 24 }));
const spec = smallSpec('neural_cf', { epochs: 1, batch_size: 256 });

/** TensorFlow that has room for so many rows at once, and fails as it does on a GPU. */
function withRoomFor(rows: number): Tensorflow {
  const tensor2d = ((values: Float32Array, shape: [number, number], ...rest: []) => {
    if (shape[0] > rows) throw new Error(`Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[${shape.join(',')}]`);
    return tf.tensor2d(values, shape, ...rest);
  }) as Tensorflow['tensor2d'];
  return { ...tf, tensor2d };
}

const fit = (backend: 'gpu' | 'cpu', rows: number) => {
  const log = pino({ enabled: false });
  const warn = jest.spyOn(log, 'warn');
  // No judging after the epoch, which has batches of its own.
  const context = { ...fitContext(), tf: withRoomFor(rows), backend, version: 'test', log };
  return { fitted: fitOnDevice({ ...spec, patience: 0 } as typeof spec, data, context), warn };
};

test('a batch that a GPU has no room for is halved until it fits, and the model says with which it learnt', async () => {
  const { fitted, warn } = fit('gpu', 100);
  const { spec: used } = unpackModel((await fitted).model.save(), 'neural_cf');
  expect(used.batch_size).toBe(64);
  expect(warn.mock.calls.map(([fields]) => (fields as { batch_size: number }).batch_size)).toEqual([128, 64]);
});

test('where not even the smallest fits, or on a CPU, it fails as it is', async () => {
  await expect(fit('gpu', 2).fitted).rejects.toThrow('OOM when allocating');
  const { fitted, warn } = fit('cpu', 100);
  await expect(fitted).rejects.toThrow('OOM when allocating');
  expect(warn).not.toHaveBeenCalled();
});

test('a checkpoint that is not what was saved is said in the log, and the training starts over', async () => {
  const log = pino({ enabled: false });
  const warn = jest.spyOn(log, 'warn');
  const checkpoints = { ...NO_CHECKPOINTS, load: async () => Buffer.from('no checkpoint') };
  const { resumedFromEpoch } = await fitOnDevice(spec, data, { ...fitContext({ checkpoints }), backend: 'cpu', version: 'test', log });
  expect(resumedFromEpoch).toBeNull();
  expect(warn.mock.calls.map(([, words]) => words)).toEqual(['the checkpoint is not what was saved; training starts over']);
});
