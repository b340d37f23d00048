import { expect, test } from '@jest/globals';
import { MODEL_KINDS, schemaOf, type ModelKind } from '../../../contracts/models.ts';
import { createVocabulary } from '../../../domain/recommender/data/interactions.ts';
import { createSnapshot, trainingDataOf, type MovieTable, type Snapshot } from '../../../domain/recommender/data/snapshot.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { earlierFeatures } from '../../support/earlierFeatures.ts';
import { evaluate } from './evaluation/judged.ts';
import { interactionsOf, movieTable, type Row } from './samples.ts';
import { fitContext, smallSpec } from './training.ts';

const SEEDS = [7, 8, 9, 10];
/** Of a figure: what the dealing alone may move where nothing is drawn by a seed, as where equal neighbours are cut off at the twentieth. */
const SLACK = 0.05;
const MOVIES = movieTable(40);
/** The movies that everybody comes to like, which have the smallest ids. */
const HITS = 6;

/** Choices of which three and three are of one time; the source has a hit as the last of them, so that whoever breaks such ties by ids holds out others. */
const ROWS: readonly Row[] = Array.from({ length: 40 }, (_, user) => {
  const random = createRandom(user + 1);
  const rest = MOVIES.titles.map((_, movie) => movie).slice(HITS);
  const [hits, others] = [shuffled([...rest.keys()].slice(0, HITS), user + 1), shuffled(rest, user + 50)];
  return Array.from({ length: 12 }, (_, nth) => {
    const movie = nth % 3 === 2 ? hits[(nth - 2) / 3]! : others[nth]!;
    return {
      user: `u${user}`,
      movie: MOVIES.vocabulary.ids[movie]!,
      rating: 1 + random.below(9) / 2,
      at: 1000 * Math.floor(nth / 3),
      place: nth,
    };
  });
}).flat();

/** The same movies under ids dealt out anew, and so in another order. `null` leaves them. */
function snapshotOf(seed: number, dealSeed: number | null): Snapshot {
  const numbers = MOVIES.titles.map((_, movie) => movie);
  const dealt = dealSeed === null ? numbers : shuffled(numbers, dealSeed);
  const ids = MOVIES.vocabulary.ids;
  const table: MovieTable = {
    vocabulary: createVocabulary([...ids]),
    titles: dealt.map((movie) => MOVIES.titles[movie]!),
    genres: dealt.map((movie) => MOVIES.genres[movie]!),
    releaseYears: dealt.map((movie) => MOVIES.releaseYears[movie]!),
  };
  const newId = new Map(dealt.map((movie, place) => [ids[movie]!, ids[place]!]));
  const interactions = interactionsOf(
    ROWS.map((row) => ({ ...row, movie: newId.get(row.movie)! })),
    table,
  );
  return createSnapshot(interactions, table, seed, 'leave_one_out', earlierFeatures(interactions, table));
}

function shuffled(numbers: readonly number[], seed: number): number[] {
  const random = createRandom(seed);
  const left = [...numbers];
  return numbers.map(() => left.splice(random.below(left.length), 1)[0]!);
}

async function metricsOf(kind: ModelKind, snapshot: Snapshot, seed: number): Promise<Record<string, number | null>> {
  const { model } = await modelKind(kind).fit(
    smallSpec(kind, 'seed' in schemaOf(kind).shape ? { seed } : {}),
    trainingDataOf(snapshot),
    fitContext(),
  );
  const { metrics } = await evaluate(snapshot, model);
  model.dispose();
  return metrics;
}

test.each(MODEL_KINDS)('other ids of the movies move no metric of %s beyond what other seeds do', async (kind) => {
  const bySeed = await Promise.all(SEEDS.map((seed) => metricsOf(kind, snapshotOf(seed, null), seed)));
  const renamed = await Promise.all(SEEDS.map((seed) => metricsOf(kind, snapshotOf(seed, 100 + seed), seed)));
  const beyond = Object.keys(bySeed[0]!).flatMap((name) => {
    const [before, after] = [bySeed, renamed].map((runs) => runs.map((metrics) => metrics[name] ?? 0));
    const slack = SLACK * Math.max(...before!.map(Math.abs));
    const areApart = Math.min(...after!) > Math.max(...before!) + slack || Math.max(...after!) < Math.min(...before!) - slack;
    return areApart ? [`${name}: ${before!.join(', ')} became ${after!.join(', ')}`] : [];
  });
  expect(beyond).toEqual([]);
});
