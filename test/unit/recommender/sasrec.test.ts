import { expect, test } from '@jest/globals';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-node';
import { modelSpecSchema } from '../../../contracts/models.ts';
import { createHistories } from '../../../domain/recommender/model/histories.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { encode, keepAll } from '../../../domain/recommender/models/sasrec/network.ts';
import { createParameters, layerNames } from '../../../domain/recommender/models/sasrec/parameters.ts';
import { sampleWindows } from '../../../domain/recommender/models/sasrec/windows.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { interactionsOf, sequenceSnapshot } from './samples.ts';
import { fitContext, tf } from './training.ts';

// A bound for a machine that is busy with the other tests.
test('learns an obvious sequence: what follows the last movie comes first, whoever asks', async () => {
  const data = trainingDataOf(sequenceSnapshot({ users: 36, movies: 12, perUser: 9 }));
  const spec = modelSpecSchema.parse({
    kind: 'sasrec',
    epochs: 30,
    batch_size: 16,
    embedding_dim: 16,
    blocks: 1,
    length: 8,
    negatives: 11,
    dropout: 0,
    learning_rate: 0.01,
  });
  const { model } = await modelKind('sasrec').fit(spec, data, fitContext());
  const nextAfter = (...history: string[]) => model.recommend({ userId: 'stranger', history, k: 1 })[0]!.movieId;
  expect([nextAfter('3', '4', '5'), nextAfter('11', '12'), nextAfter('12', '1', '2'), nextAfter('no-such-movie', '8', '9')]).toEqual([
    '6',
    '1',
    '3',
    '10',
  ]);
  // The user's own history ended at training: u0 chose 1 to 7 before what was held out.
  expect(model.recommend({ userId: 'u0', k: 1 })[0]!.movieId).toBe('8');
  model.dispose();
});

test('is causal: what comes later changes nothing of what was expected before', () => {
  const settings = { embedding_dim: 8, blocks: 2, length: 6 };
  const parameters = createParameters(5, settings, createRandom(1));
  const layers = Object.fromEntries(layerNames(2).map((name) => [name, tf.tensor(parameters[name]!.values, [...parameters[name]!.shape])]));
  const expected = (last: number) =>
    tf.tidy(() => {
      const early = tf.randomNormal([1, 4, 8], 0, 1, 'float32', 3);
      const movies = tf.concat([early, tf.fill([1, 2, 8], last)], 1) as ReturnType<typeof encode>;
      return encode(tf, layers, 2, movies, keepAll).slice([0, 0, 0], [1, 5, 8]).arraySync();
    });
  const [one, other] = [expected(0.1)[0]!, expected(-2)[0]!];
  expect(other.slice(0, 4)).toEqual(one.slice(0, 4));
  expect(other[4]).not.toEqual(one[4]);
  tf.dispose(layers);
});

test('knows how far back a movie stands', () => {
  const parameters = createParameters(5, { embedding_dim: 8, blocks: 1, length: 6 }, createRandom(1));
  const bias = parameters['blocks.0.attention.bias']!.values;
  const [a, b, last] = [1, 2, 3].map((seed) => tf.randomNormal([1, 1, 8], 0, 1, 'float32', seed));
  const expectedAfter = (order: Tensor[]) =>
    tf.tidy(() => {
      const layers = Object.fromEntries(
        layerNames(1).map((name) => [name, tf.tensor(parameters[name]!.values, [...parameters[name]!.shape])]),
      );
      return encode(tf, layers, 1, tf.concat(order, 1) as Tensor3D, keepAll)
        .slice([0, order.length - 1], [1, 1])
        .dataSync();
    });
  const difference = (one: Tensor[], other: Tensor[]) => {
    const [left, right] = [expectedAfter(one), expectedAfter(other)];
    return Math.max(...left.map((value, d) => Math.abs(value - right[d]!)));
  };
  // Without what it learns of distances, the order of what came before the last is no matter.
  expect(difference([a!, b!, last!], [b!, a!, last!])).toBeLessThan(1e-5);
  bias.fill(-50);
  bias[1] = 50;
  expect(difference([a!, b!, last!], [b!, a!, last!])).toBeGreaterThan(0.1);
  // Now only the one before the last is looked at, wherever the window begins.
  expect(difference([a!, b!, last!], [b!, last!])).toBeLessThan(1e-5);
});

test('an epoch looks at every choice but each user’s first exactly once, with what came just before', () => {
  const rows = [3, 1, 25, 8, 2].flatMap((length, user) =>
    Array.from({ length }, (_, nth) => ({ user: `u${user}`, movie: String(1 + nth), at: nth * 1000 })),
  );
  const chosen = interactionsOf(rows);
  const seen: [number, number][] = [];
  for (const { movies, places, sequences, from, next } of sampleWindows(createHistories(chosen), 4, 3, createRandom(5))) {
    expect([movies.length, places]).toEqual([sequences * places, Math.min(4, places)]);
    next.forEach((movie, at) => seen.push([movies[from[at]!]!, movie]));
  }
  const byNext = (a: [number, number], b: [number, number]) => a[1] - b[1];
  const wanted = [3, 25, 8, 2].flatMap((length) => Array.from({ length: length - 1 }, (_, nth): [number, number] => [nth, nth + 1]));
  expect(seen.toSorted(byNext)).toEqual(wanted.toSorted(byNext));
});
