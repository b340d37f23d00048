import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { modelSpecSchema } from '../../../contracts/models.ts';
import { createCooccurrence } from '../../../domain/recommender/model/cooccurrence.ts';
import type { Interactions } from '../../../domain/recommender/data/interactions.ts';
import { invertSymmetric } from '../../../domain/recommender/models/ease/invertSymmetric.ts';
import { chooseLearntMovies } from '../../../domain/recommender/model/learntMovies.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { anyRows, interactionsOf, movieTable, tasteSnapshot } from './samples.ts';
import { fitContext, tf } from './training.ts';

const noPause = async () => undefined;
const data = trainingDataOf(tasteSnapshot({ users: 30 }));
const chosenBy = ({ userIndex, movieIndex, movies }: Interactions, user: number) =>
  movies.ids.filter((_, movie) => userIndex.some((of, row) => of === user && movieIndex[row] === movie));
const fit = async (kind: 'ease' | 'item_knn', given: object = {}) =>
  (await modelKind(kind).fit(modelSpecSchema.parse({ kind, ...given }), data, fitContext())).model;

test('co-occurrence sums the weights of the users who chose both, whatever was chosen', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const chosen = interactionsOf(rows);
      const { movies, columns } = chooseLearntMovies(chosen, 10);
      const weights = Float32Array.from({ length: chosen.users.size }, (_, user) => 1 + (user % 3));
      const [count, sum] = [createCooccurrence(chosen, columns), createCooccurrence(chosen, columns, weights)];
      const row = new Float32Array(movies.length);
      for (const movie of movies) {
        const users = (of: number) => new Set([...chosen.userIndex].filter((_, at) => chosen.movieIndex[at] === of));
        const ofBoth = [...movies].map((other) => [...users(movie)].filter((user) => users(other).has(user)));
        count(movie, row);
        expect([...row]).toEqual(ofBoth.map((both) => both.length));
        sum(movie, row);
        expect([...row]).toEqual(ofBoth.map((both) => both.reduce((total, user) => total + weights[user]!, 0)));
      }
    }),
    { numRuns: 20 },
  );
});

describe('the inverse by halves', () => {
  test.each([3, 1024, 1100, 2100])(
    'of a matrix of %d rows times the matrix is the identity, and no tensor is left behind',
    async (size) => {
      const before = tf.memory().numTensors;
      const matrix = tf.tidy(() => {
        const values = tf.randomUniform([size, 40], -1, 1, 'float32', 5);
        return tf.matMul(values, values, false, true).add<ReturnType<typeof tf.tensor2d>>(tf.eye(size).mul(30));
      });
      const kept = matrix.clone();
      const inverse = await invertSymmetric(tf, matrix, noPause);
      const worst = tf.tidy(() => tf.matMul(inverse, kept).sub(tf.eye(size)).abs().max().dataSync()[0]!);
      tf.dispose([inverse, kept]);
      expect(worst).toBeLessThan(2e-3);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('ease', () => {
  test('has the weights of the closed form, solved here in float64', async () => {
    const model = await fit('ease', { l2: 3 });
    const { movies } = chooseLearntMovies(data.chosen, Infinity);
    const inverse = invertDense(gramOf(movies, 3));
    for (const [row, movie] of movies.entries()) {
      const scores = model.scoreHistory!(Int32Array.of(movie), null);
      movies.forEach((other, column) => {
        const expected = row === column ? 0 : -inverse[row]![column]! / inverse[column]![column]!;
        expect(Math.abs(scores[other]! - expected)).toBeLessThan(1e-4);
      });
    }
  });

  function gramOf(movies: Int32Array, l2: number): number[][] {
    const users = Array.from({ length: data.chosen.users.size }, (_, user) => new Set(chosenBy(data.chosen, user)));
    const id = (movie: number) => data.chosen.movies.ids[movie]!;
    return [...movies].map((a) =>
      [...movies].map((b) => users.filter((chosen) => chosen.has(id(a)) && chosen.has(id(b))).length + (a === b ? l2 : 0)),
    );
  }

  test('refuses a λ that float32 cannot bear, and says which', async () => {
    const twice = {
      ...data,
      chosen: interactionsOf([1, 2].flatMap((movie) => ['a', 'b', 'c'].map((user) => ({ user, movie: `${movie}`, at: 0 })))),
    };
    const spec = modelSpecSchema.parse({ kind: 'ease', l2: 1e-12 });
    await expect(modelKind('ease').fit(spec, twice, fitContext())).rejects.toMatchObject({ type: 'NumericalFailure' });
  });
});

describe('item_knn', () => {
  test('finds two movies as alike from either side', async () => {
    const model = await fit('item_knn', { neighbours: 2_000 });
    const { movies } = chooseLearntMovies(data.chosen, Infinity);
    const likeness = [...movies].map((movie) => model.similarityToAll(movie));
    movies.forEach((a, at) => movies.forEach((b, bt) => expect(likeness[at]![b]).toBeCloseTo(likeness[bt]![a]!, 6)));
  });

  test('has the shrunk cosine as likeness, where who chose much counts less', async () => {
    const model = await fit('item_knn', { neighbours: 2_000, shrinkage: 2 });
    const { chosen } = data;
    const histories = chosen.users.ids.map((_, user) => new Set(chosenBy(chosen, user)));
    const raw = histories.map((history) => Math.log(1 + chosen.movies.size / history.size) ** 2);
    const scale = chosen.length / histories.reduce((sum, history, user) => sum + history.size * raw[user]!, 0);
    const weightOf = (...movies: string[]) =>
      histories.reduce((sum, history, user) => sum + (movies.every((movie) => history.has(movie)) ? raw[user]! * scale : 0), 0);
    const { ids } = chosen.movies;
    const likeness = model.similarityToAll(0);
    const others = ids.filter((id) => id !== ids[0] && weightOf(id) > 0);
    expect(new Set(histories.map((history) => history.size)).size).toBeGreaterThan(1);
    for (const id of others) {
      const expected = weightOf(ids[0]!, id) / (Math.sqrt(weightOf(ids[0]!) * weightOf(id)) + 2);
      expect(likeness[ids.indexOf(id)]!).toBeCloseTo(expected, 5);
    }
  });

  test('keeps no more neighbours than asked for, the most alike', async () => {
    const [few, all] = [await fit('item_knn', { neighbours: 3 }), await fit('item_knn', { neighbours: 2_000 })];
    const to = (model: typeof few, other: number) =>
      [...chooseLearntMovies(data.chosen, Infinity).movies].map((movie) => model.similarityToAll(movie)[other]!);
    const kept = to(few, 0).filter((value) => value > 0);
    expect(kept.length).toBeLessThanOrEqual(3);
    expect(kept.toSorted()).toEqual(
      to(all, 0)
        .toSorted((a, b) => b - a)
        .slice(0, kept.length)
        .toSorted(),
    );
  });
});

describe.each(['ease', 'item_knn'] as const)('%s', (kind) => {
  test('answers a user it has never met by what they chose, as it does one it learnt from who chose the same', async () => {
    const model = await fit(kind);
    const own = chosenBy(data.chosen, 4);
    expect(model.canAnswer({ userId: 'stranger' })).toBe(false);
    expect(model.canAnswer({ userId: 'stranger', history: ['no-such-movie'] })).toBe(false);
    expect(model.canAnswer({ userId: 'stranger', history: own })).toBe(true);
    const known = model.recommend({ userId: data.chosen.users.ids[4]!, k: 10 });
    const folded = model.recommend({ userId: 'stranger', history: ['no-such-movie', ...own], k: 10 });
    expect(folded.map(({ movieId }) => movieId)).toEqual(known.map(({ movieId }) => movieId));
  });

  test('scores a movie nobody chose by those of its genres and time, and never above the best of them', async () => {
    const table = movieTable(42); // 41 and 42 were chosen by nobody
    const rows = Array.from(data.chosen.userIndex, (user, row) => ({
      user: data.chosen.users.ids[user]!,
      movie: data.chosen.movies.ids[data.chosen.movieIndex[row]!]!,
      at: data.chosen.ratedAt[row]!,
    }));
    const chosen = interactionsOf(rows, table);
    const { model } = await modelKind(kind).fit(modelSpecSchema.parse({ kind }), { ...data, movies: table, chosen }, fitContext());
    const all = model.recommend({ userId: 'u3', k: 100 });
    const cold = all.findIndex(({ movieId }) => movieId === '41');
    expect(cold).toBeGreaterThan(0);
    expect(all[cold]!.score).toBeGreaterThan(all.at(-1)!.score);
    const genresOf = (movieId: string) => table.genres[table.vocabulary.indexOf(movieId)!];
    expect(model.similar('41', 3).every(({ movieId }) => genresOf(movieId)![0] === genresOf('41')![0])).toBe(true);
  });
});

/** Gauss–Jordan in float64. */
function invertDense(matrix: number[][]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, at) => [...row, ...Array.from({ length: size }, (_, column) => Number(at === column))]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    const scale = rows[pivot]![pivot]!;
    rows[pivot] = rows[pivot]!.map((value) => value / scale);
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]!;
      rows[row] = rows[row]!.map((value, column) => value - factor * rows[pivot]![column]!);
    }
  }
  return rows.map((row) => row.slice(size));
}
