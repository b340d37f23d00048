import { expect, test } from '@jest/globals';
import { NO_CHECKPOINTS } from '../../../domain/recommender/model/model.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, memoryCheckpoints, smallSpec } from './training.ts';

const data = trainingDataOf(tasteSnapshot({ users: 24 }));
const fit = (context = fitContext(), given: object = {}) => modelKind('neural_cf').fit(smallSpec('neural_cf', given), data, context);
const bytesOf = async (fitted: ReturnType<typeof fit>) => (await fitted).model.save();

test('a training that was cut off inside an epoch goes on from there and ends in the same bytes', async () => {
  const checkpoints = memoryCheckpoints();
  const whole = await bytesOf(fit(fitContext({ checkpoints, checkpointEveryMs: 0 })));
  expect(checkpoints.saved.length).toBeGreaterThan(6); // more than one an epoch
  for (const state of checkpoints.saved.filter((_, nth) => nth % 40 === 7)) {
    const kept = { ...NO_CHECKPOINTS, load: async () => state };
    expect(await bytesOf(fit(fitContext({ checkpoints: kept })))).toEqual(whole);
  }
});

test('more epochs go on from fewer, and end in the same bytes as all of them at once', async () => {
  const checkpoints = memoryCheckpoints();
  await fit(fitContext({ checkpoints }), { epochs: 2 });
  const further = await fit(fitContext({ checkpoints }), { epochs: 4 });
  expect(further.resumedFromEpoch).toBe(2);
  expect(further.model.save()).toEqual(await bytesOf(fit(fitContext(), { epochs: 4 })));
});

test('fewer epochs than the checkpoint has start over', async () => {
  const checkpoints = memoryCheckpoints();
  await fit(fitContext({ checkpoints }), { epochs: 4 });
  expect((await fit(fitContext({ checkpoints }), { epochs: 2 })).resumedFromEpoch).toBeNull();
});

test('a checkpoint that is not what was saved is told of, and the training starts over', async () => {
  const checkpoints = memoryCheckpoints();
  const whole = await bytesOf(fit(fitContext({ checkpoints }), { epochs: 2 }));
  const saved = checkpoints.saved.at(-1)!;
  const flipped = saved.slice();
  flipped[saved.length - 3]! ^= 0x40;
  for (const state of [flipped, saved.subarray(0, 100), new Uint8Array(), Buffer.from('not a checkpoint')]) {
    const lost: string[] = [];
    const kept = { ...NO_CHECKPOINTS, load: async () => state };
    const fitted = await fit(fitContext({ checkpoints: kept, onLostCheckpoint: ({ message }) => lost.push(message) }), { epochs: 2 });
    expect([fitted.resumedFromEpoch, lost.length]).toEqual([null, 1]);
    expect(fitted.model.save()).toEqual(whole);
  }
});
