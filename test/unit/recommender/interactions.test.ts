import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countByUser, groupByUser, groupRows, hasMovie, moviesOf, runsByUser } from '../../../domain/recommender/data/interactions.ts';
import { anyRows, interactionsOf, type Row } from './samples.ts';

const ROWS: Row[] = [
  { user: 'b', movie: '2', rating: 3, at: 5 },
  { user: 'a', movie: '3', rating: 4, at: 9 },
  { user: 'b', movie: '1', rating: 2, at: 5 },
  { user: 'a', movie: '1', at: 1 },
];

describe('interactions', () => {
  test('stand sorted by user and time, those of one moment in the order in which they came', () => {
    const { users, movies, userIndex, movieIndex, rating } = interactionsOf(ROWS);
    const rows = Array.from(userIndex, (user, row) => [users.ids[user], movies.ids[movieIndex[row]!], rating[row]]);
    expect(rows).toEqual([
      ['a', '1', Number.NaN],
      ['a', '3', 4],
      ['b', '2', 3],
      ['b', '1', 2],
    ]);
  });

  test('with places of their own are the same, whatever order they came in', () => {
    const placed = anyRows.map((rows) => rows.map((row, place): Row => ({ ...row, place })));
    fc.assert(fc.property(placed, (rows) => expect(interactionsOf(rows.toReversed())).toMatchObject({ ...columns(rows) })));
  });

  test('of a movie the catalogue lacks are refused by name', () => {
    expect(() => interactionsOf([{ user: 'a', movie: '999', at: 0 }])).toThrow('movie 999');
  });

  test('grouped by user hold just what each user has', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const interactions = interactionsOf(rows);
        const byUser = groupByUser(interactions);
        interactions.users.ids.forEach((id, user) => {
          const own = rows.filter((row) => row.user === id).map((row) => interactions.movies.indexOf(row.movie)!);
          expect([...moviesOf(byUser, user)]).toEqual(own.sort((a, b) => a - b));
          for (let movie = 0; movie < interactions.movies.size; movie += 1) expect(hasMovie(byUser, user, movie)).toBe(own.includes(movie));
        });
      }),
      { numRuns: 20 },
    );
  });

  test('of one user are one run, as long as the count of them says', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const interactions = interactionsOf(rows);
        const runs = [...runsByUser(interactions)];
        expect(runs.map(({ from, to }) => [interactions.userIndex[from], to - from])).toEqual([...countByUser(interactions).entries()]);
        expect(runs.map(({ from }) => from)).toEqual([0, ...runs.slice(0, -1).map(({ to }) => to)]);
      }),
    );
  });
});

test('rows are grouped in their order, and a group may be empty', () => {
  const { starts, values } = groupRows(Int32Array.of(2, 0, 2, 0), Int32Array.of(10, 11, 12, 13), 3);
  expect({ starts: [...starts], values: [...values] }).toEqual({ starts: [0, 2, 2, 4], values: [11, 13, 10, 12] });
});

function columns(rows: Row[]) {
  const { userIndex, movieIndex, rating, ratedAt } = interactionsOf(rows);
  return { userIndex, movieIndex, rating, ratedAt };
}
