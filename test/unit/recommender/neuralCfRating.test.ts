import { expect, test } from '@jest/globals';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { TEST } from '../../../domain/recommender/data/split.ts';
import { tasteSnapshot } from './samples.ts';
import { fitContext, memoryCheckpoints, smallSpec, tf } from './training.ts';

// A bound for a machine that is busy with the other tests.
const snapshot = tasteSnapshot({ users: 60, perUser: 14 });
const data = trainingDataOf(snapshot);
const spec = smallSpec('neural_cf', { objective: 'rating', epochs: 12, dropout: 0, batch_size: 64, l2: 0.01, learning_rate: 0.02 });
const fit = (given = fitContext()) => modelKind('neural_cf').fit(spec, data, given);
const held = [...snapshot.ratingSplit.keys()].filter((row) => snapshot.ratingSplit[row] === TEST);
const { userIndex, movieIndex, rating, users } = snapshot.interactions;
const actual = held.map((row) => rating[row]!);

const rmse = (predicted: number[]) => Math.sqrt(predicted.reduce((sum, value, at) => sum + (value - actual[at]!) ** 2, 0) / actual.length);

test('neural_cf with the objective rating predicts ratings far better than the movies’ means, on the scale, also when loaded', async () => {
  const { model } = await fit();
  const popularity = (await modelKind('popularity').fit(smallSpec('popularity'), data, fitContext())).model;
  const rate = (by: typeof model) =>
    held.map((row) => by.rate!(by.users.indexOf(users.ids[userIndex[row]!]!)!, movieIndex.subarray(row, row + 1)).expected[0]!);
  expect(rmse(rate(model))).toBeLessThan(0.8 * rmse(rate(popularity)));
  expect(rate(model).every((value) => value >= 0.5 && value <= 5)).toBe(true);
  const loaded = modelKind('neural_cf').load(model.save(), tf);
  expect(rate(loaded)).toEqual(rate(model));
  const stranger = model.rate!(null, Int32Array.of(0, 1));
  expect(stranger.likeliest.every((value) => Number.isInteger(value * 2))).toBe(true);
  for (const used of [model, loaded]) used.dispose();
});

test('the default objective predicts no ratings', async () => {
  const { model } = await modelKind('neural_cf').fit(smallSpec('neural_cf', { epochs: 1 }), data, fitContext());
  expect('rate' in model).toBe(false);
  model.dispose();
});

test('its training, cut off, goes on from the checkpoint and ends in the same bytes', async () => {
  const whole = (await fit()).model.save();
  const checkpoints = memoryCheckpoints();
  const cut = new AbortController();
  const onProgress = ({ epoch }: { epoch: number }) => epoch === 3 && cut.abort(new Error('killed'));
  await expect(fit(fitContext({ checkpoints, signal: cut.signal, onProgress, checkpointEveryMs: 0 }))).rejects.toThrow('killed');
  const resumed = await fit(fitContext({ checkpoints }));
  expect(resumed.resumedFromEpoch).not.toBeNull();
  expect(resumed.model.save()).toEqual(whole);
});
