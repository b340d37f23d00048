import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawnPlace } from '../../../../domain/recommender/data/drawnPlace.ts';
import { createSnapshot } from '../../../../domain/recommender/data/snapshot.ts';
import { shareOfTied } from '../../../../domain/recommender/evaluation/ties.ts';
import { interactionsOf, movieTable, type Row } from '../samples.ts';

const rowsOf = (user: string, times: readonly number[]): Row[] => times.map((at, nth) => ({ user, movie: String(nth + 1), at }));
const snapshotOf = (rows: readonly Row[], split?: 'per_user' | 'temporal') =>
  createSnapshot(interactionsOf(rows), movieTable(40), 1, split);

describe('the share of users whose held-out movie is tied', () => {
  const rows = [
    ...rowsOf('last two', [1, 2, 2]),
    ...rowsOf('earlier ones', [1, 1, 2]),
    ...rowsOf('none', [1, 2, 3]),
    ...rowsOf('all', [5, 5, 5]),
    ...rowsOf('too few to hold out', [1, 1]),
  ];

  test('counts those whose last movie shares its moment with the one before', () => expect(shareOfTied(snapshotOf(rows))).toBe(0.5));

  test('is none where nothing is held out, or not the last movie', () => {
    expect(shareOfTied(snapshotOf(rowsOf('few', [1, 1])))).toBeNull();
    expect([shareOfTied(snapshotOf(rows, 'per_user')), shareOfTied(snapshotOf(rows, 'temporal'))]).toEqual([null, null]);
  });
});

describe('a place by lot', () => {
  test('is before every place that a source gives, and the same for the same seed and ids', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.string(), (seed, user, movie) => {
        const place = drawnPlace(seed, user, movie);
        expect([place < 0, Number.isInteger(place), drawnPlace(seed, user, movie)]).toEqual([true, true, place]);
      }),
    );
  });

  test('gives each movie the last place about as often, whatever its id', () => {
    const movies = Array.from({ length: 10 }, (_, movie) => String(movie + 1));
    const wins = new Map(movies.map((movie) => [movie, 0]));
    for (let seed = 0; seed < 4_000; seed += 1) {
      const places = movies.map((movie) => drawnPlace(seed, 'u1', movie));
      const last = movies[places.indexOf(Math.max(...places))]!;
      wins.set(last, wins.get(last)! + 1);
    }
    // 400 each; five standard deviations of a binomial are 95.
    for (const count of wins.values()) expect(Math.abs(count - 400)).toBeLessThan(95);
  });
});
