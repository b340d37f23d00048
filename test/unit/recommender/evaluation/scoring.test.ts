import { expect, test } from '@jest/globals';
import { createSnapshotScorer } from '../../../../domain/recommender/evaluation/scoring.ts';
import { createVocabulary } from '../../../../domain/recommender/data/interactions.ts';
import { scoring } from './judged.ts';

const snapshot = { users: createVocabulary(['a', 'b', 'new']), movies: createVocabulary(['1', '2', '3']) };
const model = { users: createVocabulary(['b', 'a']), movies: createVocabulary(['3', '9', '1']) };
const popular = Float32Array.of(7, 8, 9);
const histories = [Int32Array.of(2, 1), Int32Array.of(1), new Int32Array()];
const historyOf = (user: number) => histories[user]!;

test("a model of another snapshot is asked in this one's terms: users and movies by id, NaN for a movie it does not know", () => {
  const other = scoring(model, (user) => Float32Array.of(30 + user!, 90, 10 + user!));
  const scorer = createSnapshotScorer(other, snapshot, historyOf, popular);
  expect([...scorer.scoreAll(0)]).toEqual([11, Number.NaN, 31]);
  expect([...scorer.scoreAll(1)]).toEqual([10, Number.NaN, 30]);
  expect([...scorer.scoreAll(2)]).toEqual([7, 8, 9]); // whom it does not know gets popular movies
  expect([...scorer.fellBack]).toEqual([2]);
});

test('a kind that scores by history is given what the user chose, as far as it knows it; without any, what it learnt of the user', () => {
  const asked: number[][] = [];
  const scoreHistory = (history: Int32Array) => {
    asked.push([...history]);
    return Float32Array.of(1, 2, 3);
  };
  const other = scoring(model, () => Float32Array.of(4, 5, 6), { scoreHistory });
  const scorer = createSnapshotScorer(other, snapshot, historyOf, popular);
  expect([...scorer.scoreAll(0)]).toEqual([3, Number.NaN, 1]);
  expect([...scorer.scoreAll(1)]).toEqual([6, Number.NaN, 4]); // of movie 2 alone, which it does not know
  expect(asked).toEqual([[0]]);
});

test('a model of the same movies answers as it is', () => {
  const same = scoring(snapshot, () => popular);
  expect(createSnapshotScorer(same, snapshot, historyOf, popular).scoreAll(0)).toBe(popular);
});
