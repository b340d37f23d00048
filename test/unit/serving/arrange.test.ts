import { describe, expect, test } from '@jest/globals';
import { diversify, explore, pin } from '../../../domain/serving/arrange.ts';

const GENRES: Record<string, string[]> = { a: ['Comedy'], b: ['Comedy'], c: ['Comedy'], d: ['Horror'], e: ['Comedy', 'Horror'] };
const movies = ['a', 'b', 'c', 'd', 'e'].map((movieId, at) => ({ movieId, score: 10 - at }));
const idsOf = (some: readonly { movieId: string }[]) => some.map(({ movieId }) => movieId).join('');
const genresOf = (movieId: string) => GENRES[movieId]!;

describe('diversity', () => {
  test('at 0 leaves the order to the scores, at 1 takes what is least like those before', () => {
    expect(idsOf(diversify(movies, { k: 3, diversity: 0, genresOf }))).toBe('abc');
    expect(idsOf(diversify(movies, { k: 3, diversity: 1, genresOf }))).toBe('ade');
    expect(idsOf(diversify(movies, { k: 3, diversity: 0.5, genresOf }))).toBe('adb');
  });

  test('gives as many as there are, also where all scores are alike or there is one', () => {
    expect(idsOf(diversify(movies.slice(0, 1), { k: 3, diversity: 0.7, genresOf }))).toBe('a');
    expect(
      diversify(
        movies.map(({ movieId }) => ({ movieId, score: 1 })),
        { k: 9, diversity: 0.7, genresOf },
      ),
    ).toHaveLength(5);
    expect(diversify([], { k: 3, diversity: 0.7, genresOf })).toEqual([]);
  });
});

describe('exploration', () => {
  test('draws the same for a key, and something else for another', () => {
    const drawn = (key: string) => idsOf(explore(movies, { k: 5, exploration: 1, key }).movies);
    expect(drawn('u1')).toBe(drawn('u1'));
    expect(new Set(Array.from({ length: 50 }, (_, at) => drawn(`u${at}`))).size).toBeGreaterThan(10);
  });

  test('draws each movie as often as its propensity says', () => {
    const draws = 20_000;
    const counts = new Map<string, number>();
    const told = new Map<string, number>();
    for (let at = 0; at < draws; at += 1) {
      const { movies: drawn, propensities } = explore(movies, { k: 1, exploration: 0.7, key: `k${at}` });
      counts.set(drawn[0]!.movieId, (counts.get(drawn[0]!.movieId) ?? 0) + 1);
      told.set(drawn[0]!.movieId, propensities[0]!);
    }
    expect([...told.values()].reduce((sum, propensity) => sum + propensity, 0)).toBeCloseTo(1, 9);
    for (const [movieId, propensity] of told) {
      const sigma = Math.sqrt((propensity * (1 - propensity)) / draws);
      expect(Math.abs((counts.get(movieId) ?? 0) / draws - propensity)).toBeLessThan(5 * sigma);
    }
  });

  test('of what is left after those before: the last movie is certain', () => {
    expect(explore(movies, { k: 5, exploration: 0.5, key: 'u' }).propensities.at(-1)).toBeCloseTo(1, 9);
  });

  test('shows the best nearly always where it is small', () => {
    const best = Array.from({ length: 200 }, (_, at) => idsOf(explore(movies, { k: 1, exploration: 0.1, key: `u${at}` }).movies));
    expect(best.filter((id) => id === 'a').length).toBeGreaterThan(190);
  });
});

test('pinned movies stand where they are pinned, each once, and the list stays as long', () => {
  const x = { movieId: 'x', score: 0 };
  const pins = [
    { movie: x, position: 1 },
    { movie: movies[3]!, position: 3 },
  ];
  expect(idsOf(pin(movies, pins, 4))).toBe('xadb');
  expect(idsOf(pin([], pins, 4))).toBe('xd');
});
