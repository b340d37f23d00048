import { describe, expect, test } from '@jest/globals';
import { UnknownUser, type ModelFiles } from '../../../domain/recommender/model/model.ts';
import { fitBlend, standardise } from '../../../domain/recommender/models/ensemble/blend.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { decodeSafetensors } from '../../../domain/recommender/numeric/safetensors.ts';
import { trainingDataOf, type TrainingData } from '../../../domain/recommender/data/snapshot.ts';
import { drawValidationChoices } from '../../../domain/recommender/learning/validationChoices.ts';
import { interactionsOf, tasteSnapshot } from './samples.ts';
import { fitContext, memoryCheckpoints, smallSpec, tf } from './training.ts';

// A bound for a machine that is busy with the other tests.
const data = trainingDataOf(tasteSnapshot({ users: 24 }));
const fit = (context = fitContext(), given: object = {}, from: TrainingData = data) =>
  modelKind('ensemble').fit(smallSpec('ensemble', given), from, context);
const blendOf = (files: ModelFiles) => [...decodeSafetensors(files['weights.safetensors']!).tensors['blend']!.values];

describe('the blend', () => {
  test('counts each member by what it knows of the validation rows, and ranks them better than any member does', async () => {
    const { chosen, validation } = trainingDataOf(tasteSnapshot({ users: 120, movies: 200 }));
    const movieOf = new Map([...validation.userIndex].map((user, row) => [user, validation.movieIndex[row]!]));
    const members = (user: number) => {
      const random = createRandom(user);
      const noise = () => Float32Array.from({ length: 200 }, () => random.normal());
      const knows = (is: boolean) => noise().map((score, movie) => (is && movie === movieOf.get(user) ? 6 : score));
      return [knows(user % 2 === 0), knows(user % 2 === 1), noise()].map(standardise);
    };
    const asked = drawValidationChoices({ chosen, validation }, 1_000, 200, createRandom(1));
    const blend = await fitBlend(asked, members, async () => undefined);
    expect(blend.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(blend[0]! / blend[1]!).toBeCloseTo(1, 0);
    expect(blend[2]!).toBeLessThan(blend[0]! / 5);

    const firsts = (weights: readonly number[]) =>
      [...movieOf].filter(([user, movie]) => {
        const scores = members(user).reduce(
          (sum, of, member) => sum.map((score, at) => score + weights[member]! * of[at]!),
          new Float32Array(200),
        );
        return scores.every((score) => score <= scores[movie]!);
      }).length;
    expect(firsts([...blend])).toBeGreaterThan(1.5 * Math.max(firsts([1, 0, 0]), firsts([0, 1, 0])));
  });

  test('follows the validation rows', async () => {
    const members = { members: [{ kind: 'popularity' }, { kind: 'ease', l2: 5 }] };
    const [byPopularity, byTaste] = blendOf((await fit(fitContext(), members)).model.save());
    expect(byTaste!).toBeGreaterThan(byPopularity!);
    const ids = data.chosen.users.ids;
    const popular = (await modelKind('popularity').fit(smallSpec('popularity'), data, fitContext())).model;
    const seen = (user: string) =>
      new Set([...data.chosen.movieIndex].filter((_, row) => ids[data.chosen.userIndex[row]!] === user).map((movie) => String(movie + 1)));
    const favourites = ids.map((user) => ({
      user,
      movie: popular.recommend({ userId: user, k: 1, exclude: seen(user) })[0]!.movieId,
      at: 0,
    }));
    const popularTaste = { ...data, validation: interactionsOf(favourites) };
    const [more, less] = blendOf((await fit(fitContext(), members, popularTaste)).model.save());
    expect(more!).toBeGreaterThan(less!);
  });

  test('is refused where there is nothing to choose it by', async () => {
    const without = { ...data, validation: interactionsOf([]) };
    await expect(fit(fitContext(), {}, without)).rejects.toMatchObject({
      type: 'EmptyDataset',
      message: expect.stringContaining('validation'),
    });
  });
});

test('a member that cannot answer for somebody leaves it to the others', async () => {
  const small = { epochs: 2, embedding_dim: 8, hidden_units: [8] };
  const { model } = await fit(fitContext(), {
    members: [
      { kind: 'neural_cf', ...small },
      { kind: 'ease', l2: 5 },
    ],
  });
  const ease = (await modelKind('ease').fit(smallSpec('ease'), data, fitContext())).model;
  const stranger = { userId: 'stranger', history: ['2', '4', '6'], k: 40 };
  const order = (by: typeof model) => by.recommend(stranger).map(({ movieId }) => movieId);
  expect(order(model)).toEqual(order(ease));
  expect(model.recommend({ ...stranger, userId: 'u1' })).not.toEqual(model.recommend(stranger));
  expect(() => model.recommend({ userId: 'stranger', k: 1 })).toThrow(UnknownUser);
  model.dispose();
});

test('training that was cut off in the third member goes on there, keeps what the second learnt, and ends in the same bytes', async () => {
  const told: [number, number, number | null][] = [];
  const whole = await fit(fitContext({ onProgress: ({ epoch, epochs, loss }) => void told.push([epoch, epochs, loss]) }));
  expect(told.filter(([epoch], at) => told[at - 1]?.[0] !== epoch)).toEqual(
    [1, 2, 3, 4, 5, 6].map((epoch) => [epoch, epoch < 4 ? 3 : 6, null]),
  );
  const checkpoints = memoryCheckpoints();
  const cut = new AbortController();
  const onProgress = ({ epoch }: { epoch: number }) => epoch === 5 && cut.abort(new Error('killed'));
  await expect(fit(fitContext({ checkpoints, signal: cut.signal, onProgress }))).rejects.toThrow('killed');
  const savedBy = (member: string) => checkpoints.parts.get(member)!.saved.length;
  expect([savedBy('1-ials'), savedBy('2-sasrec')]).toEqual([3, 2]);
  const before = tf.memory().numTensors;
  const resumed = await fit(fitContext({ checkpoints }));
  expect([savedBy('1-ials'), savedBy('2-sasrec')]).toEqual([3, 3]);
  expect([whole.resumedFromEpoch, resumed.resumedFromEpoch]).toEqual([null, 5]);
  expect(resumed.model.save()).toEqual(whole.model.save());
  resumed.model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
