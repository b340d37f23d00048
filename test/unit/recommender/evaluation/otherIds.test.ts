import { describe, expect, test } from '@jest/globals';
import { MODEL_KINDS, type ModelKind, type ModelSpec } from '../../../../contracts/models.ts';
import type { Metrics } from '../../../../contracts/training.ts';
import { drawnPlace } from '../../../../domain/recommender/data/drawnPlace.ts';
import { createSnapshot } from '../../../../domain/recommender/data/snapshot.ts';
import { metricsOf } from '../../../../domain/recommender/evaluation/metricTables.ts';
import { answerQuestions } from '../../../../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions } from '../../../../domain/recommender/evaluation/questions.ts';
import { shareOfTied } from '../../../../domain/recommender/evaluation/ties.ts';
import { modelKind } from '../../../../domain/recommender/models/index.ts';
import { createRandom } from '../../../../domain/recommender/numeric/random.ts';
import { earlierFeatures } from '../../../support/earlierFeatures.ts';
import { interactionsOf, movieTable, type Row } from '../samples.ts';
import { fitContext, smallSpec } from '../training.ts';

const MOVIES = 24;
const USERS = 24;
const SEEDS = [1, 2, 3, 4];
/** What one user weighs, and one movie: less is no difference. */
const ONE = 1 / 24 + 1e-9;

/** Each user chooses all they choose in one moment, of movies whose number tells how well known they are: what ties are worth the most in. */
const ROWS = (() => {
  const random = createRandom(5);
  return Array.from({ length: USERS }, (_, user) => {
    const chosen = new Set<number>();
    while (chosen.size < 6) chosen.add(Math.floor(MOVIES * random.next() ** 2));
    return [...chosen].map((movie) => ({ user: `u${user}`, movie, rating: 1 + (movie % 5), at: 1_000 }));
  }).flat();
})();

type Naming = (movie: number) => number;
const asTheyAre: Naming = (movie) => movie;
const theOtherWayRound: Naming = (movie) => MOVIES - 1 - movie;

const ORDERS = {
  'kept from the source': (row: Row, nth: number) => ({ ...row, place: nth }),
  'drawn by the seed': (row: Row, _: number, seed: number) => ({ ...row, place: drawnPlace(seed, row.user, row.movie) }),
};

function snapshotOf(order: keyof typeof ORDERS, naming: Naming, seed: number) {
  const table = movieTable(MOVIES);
  // Titles, genres and years go with the movie, whatever its id.
  const named = (values: readonly unknown[]) => values.map((_, id) => values[naming(id)]);
  const movies = { ...table, ...Object.fromEntries((['titles', 'genres', 'releaseYears'] as const).map((of) => [of, named(table[of])])) };
  const rows = ROWS.map((row, nth) => ORDERS[order]({ ...row, movie: table.vocabulary.ids[naming(row.movie)]! }, nth, seed));
  const interactions = interactionsOf(rows, movies);
  return createSnapshot(interactions, movies, seed, 'leave_one_out', earlierFeatures(interactions, movies));
}

async function measure(kind: ModelKind, order: keyof typeof ORDERS, naming: Naming, seed: number): Promise<Metrics> {
  const questions = prepareQuestions(snapshotOf(order, naming, seed));
  const { model } = await modelKind(kind).fit(seededSpec(kind, seed), questions.training, fitContext());
  const { outcomes } = await answerQuestions(questions, model, new AbortController().signal);
  model.dispose();
  return metricsOf(questions, outcomes);
}

/** The spec of the other tests, with this seed wherever there is one, and few epochs: how good a model is does not matter here. */
function seededSpec(kind: ModelKind, seed: number) {
  const seeded = <Spec extends ModelSpec>(spec: Spec): Spec => ({
    ...spec,
    ...('seed' in spec && { seed }),
    ...('epochs' in spec && { epochs: 2 }),
  });
  const spec = smallSpec(kind);
  return spec.kind === 'ensemble' ? { ...spec, members: spec.members.map(seeded) } : seeded(spec);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

test('in the data all held-out movies are tied', () => {
  expect(shareOfTied(snapshotOf('kept from the source', asTheyAre, 1))).toBe(1);
});

describe.each(MODEL_KINDS)('%s', (kind) => {
  test('has the same figures whatever the ids of the movies are, as far as another seed leaves them the same', async () => {
    const moved: string[] = [];
    for (const order of Object.keys(ORDERS) as (keyof typeof ORDERS)[]) {
      const bySeed = (naming: Naming) => Promise.all(SEEDS.map((seed) => measure(kind, order, naming, seed)));
      const [own, other] = [await bySeed(asTheyAre), await bySeed(theOtherWayRound)];
      for (const metric of Object.keys(own[0]!)) {
        const [values, others] = [own, other].map((of) => of.map((metrics) => metrics[metric]!)) as [number[], number[]];
        const bySeeds = Math.max(range(values), range(others), ONE);
        const byIds = Math.abs(mean(values) - mean(others));
        if (byIds > bySeeds) moved.push(`${metric} by ${byIds}, and by ${bySeeds} by seeds, where the order is ${order}`);
      }
    }
    expect(moved).toEqual([]);
  });
});
