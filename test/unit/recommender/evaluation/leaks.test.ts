import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SPLIT_KINDS } from '../../../../contracts/training.ts';
import { checkLeaks } from '../../../../domain/recommender/evaluation/leaks.ts';
import { prepareQuestions, type Questions } from '../../../../domain/recommender/evaluation/questions.ts';
import { groupByUser, moviesOf, selectRows } from '../../../../domain/recommender/data/interactions.ts';
import { createSnapshot, trainingDataOf, type Snapshot } from '../../../../domain/recommender/data/snapshot.ts';
import { TEST, TRAIN } from '../../../../domain/recommender/data/split.ts';
import { anyRows, interactionsOf, movieTable, tasteSnapshot } from '../samples.ts';

const given = tasteSnapshot();
const questionsOf = (split: (typeof SPLIT_KINDS)[number]) => prepareQuestions(createSnapshot(given.interactions, given.movies, 7, split));
const isRefused = (spoilt: Questions, what: string) =>
  expect(() => checkLeaks(spoilt)).toThrow(expect.objectContaining({ type: 'LeakingSplit', message: expect.stringContaining(what) }));

/** With every row of the snapshot to learn from. */
const withAllRows = (questions: Questions): Questions => {
  const { interactions } = questions.snapshot;
  return { ...questions, training: { ...questions.training, chosen: interactions, rated: interactions } };
};
/** With the parts changed, and training data made by them. */
function withParts(questions: Questions, change: (rankingSplit: Uint8Array) => void): Questions {
  const snapshot: Snapshot = { ...questions.snapshot, rankingSplit: questions.snapshot.rankingSplit.slice() };
  change(snapshot.rankingSplit);
  return { ...questions, snapshot, training: trainingDataOf(snapshot) };
}

describe('the leak checks', () => {
  test('pass every split that we make', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(), fc.constantFrom(...SPLIT_KINDS), (rows, seed, split) => {
        expect(() => prepareQuestions(createSnapshot(interactionsOf(rows), movieTable(40), seed, split))).not.toThrow();
      }),
    );
  });

  test.each(SPLIT_KINDS)('refuse a held-out pair in the training data of a %s split', (split) => {
    isRefused(withAllRows(questionsOf(split)), 'held out, and in the training data');
  });

  test('refuse a held-out pair that stands in training a second time, under another row', () => {
    const { interactions, movies } = given;
    const last = interactions.length - 1;
    const doubled = selectRows(
      interactions,
      Uint32Array.from({ length: last + 2 }, (_, row) => Math.min(row, last)),
    );
    const rankingSplit = new Uint8Array(doubled.length);
    rankingSplit[last + 1] = TEST;
    const snapshot = { ...given, interactions: doubled, movies, rankingSplit, ratingSplit: new Uint8Array(doubled.length) };
    expect(() => prepareQuestions(snapshot)).toThrow(/held out, and in the training data/);
  });

  test('refuse a held-out pair among the rows that a blend is chosen by', () => {
    const questions = questionsOf('leave_one_out');
    isRefused(
      { ...questions, training: { ...questions.training, validation: questions.snapshot.interactions } },
      'among the validation rows',
    );
  });

  test('refuse a held-out rating among those that features and weights are made of', () => {
    const questions = questionsOf('leave_one_out');
    const training = { ...questions.training, rated: questions.snapshot.interactions };
    isRefused({ ...questions, training }, 'among the training ratings');
  });

  test('refuse a training row that is later than what is held out of its user', () => {
    const questions = questionsOf('leave_one_out');
    const { userIndex, ratedAt } = questions.snapshot.interactions;
    const swapped = withParts(questions, (parts) => {
      const test = parts.indexOf(TEST);
      const earlier = userIndex.findIndex((user, row) => user === userIndex[test] && ratedAt[row]! < ratedAt[test]!);
      [parts[test], parts[earlier]] = [TRAIN, TEST];
    });
    isRefused({ ...swapped, ranking: [] }, 'later than what is held out');
  });

  test("refuse a row at or after a temporal split's cut in training, also of a user who is not asked about", () => {
    const spoilt = withParts(questionsOf('temporal'), (parts) => (parts[parts.indexOf(TEST)] = TRAIN));
    isRefused({ ...spoilt, ranking: [] }, 'not before the cut');
  });

  test('refuse a negative that the user chose, in whatever part', () => {
    const questions = questionsOf('leave_one_out');
    const [first, ...rest] = questions.ranking;
    const chosen = moviesOf(groupByUser(questions.snapshot.interactions), first!.user);
    for (const movie of chosen) {
      isRefused({ ...questions, ranking: [{ ...first!, negatives: Int32Array.of(movie) }, ...rest] }, 'a sampled negative');
    }
  });
});
