import { expect, test } from '@jest/globals';
import { describeColdMovies, readColdMovies } from '../../../domain/recommender/model/coldMovies.ts';
import { learntMovies } from '../../../domain/recommender/model/learntMovies.ts';
import { movieTable } from './samples.ts';

test('a movie that nobody chose gets the lower quartile of what the 20 learnt movies most like it have', async () => {
  const table = movieTable(60);
  const learnt = learntMovies(
    60,
    Float32Array.from({ length: 58 }, (_, movie) => movie),
  );
  const cold = readColdMovies(await describeColdMovies(table, learnt, async () => undefined));
  const given = Float32Array.from({ length: 60 }, (_, movie) => (movie * 7) % 23);
  const scores = cold.fill(given.slice());
  expect([...scores.subarray(0, 58)]).toEqual([...given.subarray(0, 58)]);
  for (const movie of [58, 59]) {
    expect(cold.has(movie)).toBe(true);
    const alike = cold.likenessToAll(movie);
    const nearest = [...learnt.movies].toSorted((a, b) => alike[b]! - alike[a]! || a - b).slice(0, 20);
    expect(scores[movie]).toBe(nearest.map((other) => given[other]!).toSorted((a, b) => a - b)[5]);
  }
});
