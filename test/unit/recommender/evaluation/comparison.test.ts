import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../../domain/recommender/evaluation/gate.ts';
import { prepareQuestions } from '../../../../domain/recommender/evaluation/questions.ts';
import { createVocabulary, rowsWhere, selectRows } from '../../../../domain/recommender/data/interactions.ts';
import { createRandom } from '../../../../domain/recommender/numeric/random.ts';
import { createSnapshot, trainingDataOf } from '../../../../domain/recommender/data/snapshot.ts';
import { tasteSnapshot } from '../samples.ts';
import { evaluate, scoring, scoringHeldOut, settings } from './judged.ts';

// A bound for a machine that is busy with the other tests; alone each takes moments.
const snapshot = tasteSnapshot({ users: 300, movies: 200, perUser: 14 });
const questions = prepareQuestions(snapshot);

/** Finds the held-out movie of this share of the users, other ones for each seed. */
const finding = (share: number, seed: number) => {
  const random = createRandom(seed);
  const found = questions.ranking.map(() => random.next() < share);
  return scoringHeldOut(questions, (nth) => (found[nth] ? 1 : -1));
};
const compare = async (challenger: ReturnType<typeof finding>, champion: ReturnType<typeof finding>) => {
  const report = await evaluate(snapshot, challenger, { version: '3', model: champion, training: questions.training });
  return { report, verdict: judge({ ...report, bytes: 1 }, settings) };
};
const refusedBy = ({ rules }: ReturnType<typeof judge>) => rules.filter(({ passed }) => !passed).map(({ rule }) => rule);

describe('champion and challenger on the same questions', () => {
  test('that answer alike: no gain, no width, and the challenger passes', async () => {
    const { report, verdict } = await compare(finding(0.6, 1), finding(0.6, 1));
    expect(report.champion).toMatchObject({
      version: '3',
      gain: { value: 0, low: 0, high: 0 },
      note: expect.stringMatching(/all 300 users$/),
    });
    expect(verdict.passed).toBe(true);
  });

  test('that differ by chance alone: better or worse by noise is no refusal', async () => {
    const verdicts = await Promise.all(
      [2, 3, 4, 5, 6].map(async (seed) => (await compare(finding(0.95, seed), finding(0.95, 50 + seed))).verdict),
    );
    expect(verdicts.map(refusedBy)).toEqual(verdicts.map(() => []));
  });

  test('where the challenger is truly worse, it is refused with the numbers', async () => {
    const { verdict } = await compare(finding(0.5, 7), finding(0.8, 8));
    expect(refusedBy(verdict)).toEqual(expect.arrayContaining(['not_worse_than_champion', 'loss_to_champion_ruled_out']));
    expect(verdict.rules.find(({ rule }) => rule === 'not_worse_than_champion')!.detail).toMatch(
      /the gain -0\.\d{4} \(95 % interval -0\.\d{4} to -0\.\d{4}\)/,
    );
  });

  test('of users whose answer the champion had learnt, are not asked', async () => {
    const learntAll = (user: number) => user < 100;
    const { interactions, rankingSplit } = snapshot;
    const rows = rowsWhere(interactions, (row) => rankingSplit[row] === 0 || learntAll(interactions.userIndex[row]!));
    const training = { ...questions.training, chosen: selectRows(interactions, rows) };
    const report = await evaluate(snapshot, finding(0.6, 1), { version: '3', model: finding(0.6, 2), training });
    const asked = questions.ranking.filter(({ user }) => !learntAll(user)).length;
    expect(report.champion!.note).toContain(`compared on ${asked} of 300 users: the champion had learnt the answer to the others`);
    expect(report.champion!.slices.filter(({ slice }) => slice.startsWith('user')).reduce((sum, { users }) => sum + users, 0)).toBe(asked);
  });

  test('where hardly anybody is left, all are asked and the verdict says whom that favours', async () => {
    const training = { ...questions.training, chosen: snapshot.interactions };
    const report = await evaluate(snapshot, finding(0.6, 1), { version: '3', model: finding(0.6, 2), training });
    expect(report.champion!.note).toContain('although the champion had learnt the answer to 300 of them, which favours it');
  });

  test('where it is not known what the champion learnt, that is said', async () => {
    const report = await evaluate(snapshot, finding(0.6, 1), { version: '3', model: finding(0.6, 2), training: null });
    expect(report.champion!.note).toContain('what the champion was trained on is not known');
  });

  test('with other vocabularies: movies are matched by id, an unknown one ranks last, unknown users get popular movies', async () => {
    const { users, movies } = snapshot.interactions;
    const reversed = {
      users: createVocabulary(users.ids.toReversed().slice(0, 250)),
      movies: createVocabulary([...movies.ids.toReversed().slice(0, 150), 'gone']),
    };
    const own = finding(0.7, 1);
    const champion = scoring(reversed, (user) => {
      const scores = own.scoreAll(users.indexOf(reversed.users.ids[user!]!)!);
      return Float32Array.from(reversed.movies.ids, (id) => scores[movies.indexOf(id) ?? -1] ?? 9);
    });
    const older = createSnapshot(snapshot.interactions, snapshot.movies, 1);
    const report = await evaluate(snapshot, own, { version: '3', model: champion, training: trainingDataOf(older) });
    expect(report.champion!.note).toContain('50 users whom the champion does not know got popular movies');
    // Nobody does better than the challenger whose scores these are, and those of unknown movies do worse.
    expect(report.champion!.gain!.low).toBeGreaterThanOrEqual(0);
    expect(report.champion!.gain!.value).toBeGreaterThan(0.1);
  });
});
