import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeFewNegatives } from '../../../contracts/evaluation.ts';
import { countNegatives } from '../../../domain/recommender/evaluation/questions.ts';
import { heldOutWithNegatives } from '../../../domain/recommender/evaluation/negatives.ts';
import { createSnapshot, trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import {
  splitByTime,
  splitInteractions,
  splitLeaveOneOut,
  splitPerUser,
  splitRatings,
  TEST,
  TRAIN,
  VALIDATION,
} from '../../../domain/recommender/data/split.ts';
import { anyRows, interactionsOf, movieTable, tasteSnapshot, type Row } from './samples.ts';

const at = (rows: Row[]) => rows.map(({ user, movie }) => `${user}:${movie}`).sort();

describe('leave-one-out split', () => {
  test('holds out the last and the one before; of those at one time the one that its source had later', () => {
    const rows = ['3', '2', '4', '1'].map((movie, nth) => ({ user: 'a', movie, at: nth === 0 ? 1 : 2 }));
    const interactions = interactionsOf(rows);
    const inOrder = Array.from(interactions.movieIndex, (movie) => interactions.movies.ids[movie]);
    expect([inOrder, [...splitLeaveOneOut(interactions)]]).toEqual([
      ['3', '2', '4', '1'],
      [TRAIN, TRAIN, VALIDATION, TEST],
    ]);
  });

  test('leaves users with fewer than three interactions wholly in train', () => {
    const rows = ['1', '2'].map((movie, nth) => ({ user: 'a', movie, at: nth }));
    expect([...splitLeaveOneOut(interactionsOf(rows))]).toEqual([TRAIN, TRAIN]);
  });

  test('holds out one test and one validation row of each other user, none of them earlier than a train row', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const interactions = interactionsOf(rows);
        const parts = splitLeaveOneOut(interactions);
        interactions.users.ids.forEach((_, user) => {
          const own = [...interactions.userIndex.keys()].filter((row) => interactions.userIndex[row] === user);
          const times = (part: number) => own.filter((row) => parts[row] === part).map((row) => interactions.ratedAt[row]!);
          const heldOut = own.length >= 3 ? 1 : 0;
          expect([times(TEST).length, times(VALIDATION).length]).toEqual([heldOut, heldOut]);
          if (heldOut) expect(Math.max(...times(TRAIN))).toBeLessThanOrEqual(Math.min(...times(VALIDATION), ...times(TEST)));
        });
      }),
    );
  });
});

describe('temporal split', () => {
  test('has one cut for all: no train row is at or after a validation row, and none of those at or after a test row', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const interactions = interactionsOf(rows);
        const parts = splitByTime(interactions);
        const times = (part: number) => [...interactions.ratedAt].filter((_, row) => parts[row] === part);
        const latest = (part: number) => Math.max(-Infinity, ...times(part));
        expect(latest(TRAIN)).toBeLessThan(Math.min(Infinity, ...times(VALIDATION), ...times(TEST)));
        expect(latest(VALIDATION)).toBeLessThan(Math.min(Infinity, ...times(TEST)));
        expect(times(TEST).length).toBeGreaterThan(0);
      }),
    );
  });

  test('holds out the latest tenth, the tenth before it for validation', () => {
    const rows = Array.from({ length: 40 }, (_, nth) => ({ user: `u${nth % 4}`, movie: String(nth + 1), at: nth }));
    const { ratedAt, ...rest } = interactionsOf(rows);
    const parts = splitByTime({ ratedAt, ...rest });
    expect([...ratedAt].filter((_, row) => parts[row] === TEST).sort((a, b) => a - b)).toEqual([36, 37, 38, 39]);
    expect([...ratedAt].filter((_, row) => parts[row] === VALIDATION).sort((a, b) => a - b)).toEqual([32, 33, 34, 35]);
  });

  test('holds out the same rows in both protocols', () => {
    const { rankingSplit, ratingSplit } = splitInteractions('temporal', tasteSnapshot().interactions, 1);
    expect(ratingSplit).toEqual(rankingSplit);
  });
});

describe('split per user', () => {
  test('holds out a tenth of each user for test and one for validation, the same by seed; of fewer than ten rows none', () => {
    const rowsOf = (user: string, count: number) => Array.from({ length: count }, (_, nth) => ({ user, movie: String(nth + 1), at: nth }));
    const interactions = interactionsOf([...rowsOf('a', 9), ...rowsOf('b', 30)]);
    const parts = splitPerUser(interactions, 1);
    const count = (user: number, part: number) => parts.filter((of, row) => of === part && interactions.userIndex[row] === user).length;
    expect([count(0, TRAIN), count(0, TEST), count(1, TRAIN), count(1, VALIDATION), count(1, TEST)]).toEqual([9, 0, 24, 3, 3]);
    expect(splitPerUser(interactions, 1)).toEqual(parts);
    expect(splitPerUser(interactions, 2)).not.toEqual(parts);
  });
});

describe('rating split', () => {
  test('is about 80/10/10, the same by seed and another by another seed', () => {
    const rows = Array.from({ length: 250 }, (_, user) =>
      Array.from({ length: 40 }, (_, movie) => ({ user: `u${user}`, movie: String(movie + 1), at: 0 })),
    );
    const interactions = interactionsOf(rows.flat());
    const parts = splitRatings(interactions, 1);
    const shares = [TRAIN, VALIDATION, TEST].map((part) => parts.filter((of) => of === part).length / parts.length);
    expect(shares[0]).toBeCloseTo(0.8, 1);
    expect(shares[1]).toBeCloseTo(0.1, 1);
    expect(shares[2]).toBeCloseTo(0.1, 1);
    expect(splitRatings(interactions, 1)).toEqual(parts);
    expect(splitRatings(interactions, 2)).not.toEqual(parts);
  });
});

describe('training data', () => {
  test('never holds a held-out pair of its protocol, nor a rating that is none', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(), (rows, seed) => {
        const unrated = rows.map((row, nth) => (nth % 4 === 0 ? { ...row, rating: Number.NaN } : row));
        const snapshot = createSnapshot(interactionsOf(unrated), movieTable(40), seed);
        const { interactions, rankingSplit, ratingSplit } = snapshot;
        const { chosen, rated, validation } = trainingDataOf(snapshot);
        const rowsWhere = (fits: (row: number) => boolean) => pairs(interactions, [...rankingSplit.keys()].filter(fits));
        expect(pairs(chosen)).toEqual(rowsWhere((row) => rankingSplit[row] === TRAIN));
        expect(pairs(validation)).toEqual(rowsWhere((row) => rankingSplit[row] === VALIDATION));
        expect(pairs(rated)).toEqual(
          rowsWhere((row) => rankingSplit[row] === TRAIN && ratingSplit[row] === TRAIN && !Number.isNaN(interactions.rating[row])),
        );
      }),
    );
  });
});

describe('negatives', () => {
  test('are never a movie the user touched in any part, are rated by somebody, and are the same by seed', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(), (rows, seed) => {
        const interactions = interactionsOf(rows);
        const split = splitLeaveOneOut(interactions);
        const questions = heldOutWithNegatives(interactions, split, seed);
        const touched = new Set(at(rows));
        const somebodys = new Set(rows.map(({ movie }) => movie));
        for (const { user, movie, negatives } of questions) {
          const userId = interactions.users.ids[user]!;
          const ids = Array.from(negatives, (negative) => interactions.movies.ids[negative]!);
          expect(touched.has(`${userId}:${interactions.movies.ids[movie]}`)).toBe(true);
          expect(ids.filter((id) => touched.has(`${userId}:${id}`) || !somebodys.has(id))).toEqual([]);
          expect(new Set(ids).size).toBe(ids.length);
        }
        expect(heldOutWithNegatives(interactions, split, seed)).toEqual(questions);
      }),
    );
  });

  test('are 99 where there are as many, and all there are where there are fewer; never one of the user', () => {
    const rowsOf = (user: string, count: number) => Array.from({ length: count }, (_, nth) => ({ user, movie: String(nth + 1), at: nth }));
    const negativesOf = (own: number, all: number) => {
      const interactions = interactionsOf([...rowsOf('a', own), ...rowsOf('b', all)], movieTable(300));
      const { negatives } = heldOutWithNegatives(interactions, splitLeaveOneOut(interactions), 1)[0]!;
      // Movies stand in the order of their numbers, so the user's own are the first.
      expect(negatives.every((movie) => movie >= own)).toBe(true);
      return new Set(negatives).size;
    };
    expect([negativesOf(3, 300), negativesOf(200, 300), negativesOf(3, 50)]).toEqual([99, 99, 47]);
  });
});

test('who touched every movie is not asked: the held-out one would be first among itself', () => {
  const rowsOf = (user: string, count: number) => Array.from({ length: count }, (_, nth) => ({ user, movie: String(nth + 1), at: nth }));
  const interactions = interactionsOf([...rowsOf('all', 5), ...rowsOf('some', 4)]);
  const asked = heldOutWithNegatives(interactions, splitLeaveOneOut(interactions), 1);
  expect(asked.map(({ user, negatives }) => [interactions.users.ids[user], negatives.length])).toEqual([['some', 1]]);
  expect(countNegatives({ ranking: asked })).toEqual({ least: 1, most: 1 });
  expect([describeFewNegatives({ least: 99, most: 99 }), describeFewNegatives({ least: 1, most: 99 })]).toEqual([
    null,
    expect.stringContaining('only 1 to 99'),
  ]);
});

function pairs({ users, movies, userIndex, movieIndex }: ReturnType<typeof interactionsOf>, rows = [...userIndex.keys()]): string[] {
  return rows.map((row) => `${users.ids[userIndex[row]!]}:${movies.ids[movieIndex[row]!]}`);
}
