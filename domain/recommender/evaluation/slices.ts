import type { PrimaryMetric } from '../../../contracts/specs/modelSpec.ts';
import { countByUser, type Interactions } from '../data/interactions.ts';
import { ratingTable, rankingTable, type Keep, type MetricColumn } from './metricTables.ts';
import type { Outcomes } from './outcomes.ts';
import type { Questions } from './questions.ts';

export interface Slice {
  /** Such as `movie popularity: tail`. */
  readonly name: string;
  /** Whether a question, or a held-out rating, belongs to it. */
  readonly has: Keep;
}

const HISTORY = ['short', 'medium', 'long'] as const;
const POPULARITY = ['head', 'middle', 'tail'] as const;

/**
 * Questions by how much was learnt of their user, in thirds of the questions, and by how popular the movie is: head, middle and tail hold a third of the
 * training rows each, the most popular movies being the head.
 */
export function slicesOf(questions: Questions, metric: PrimaryMetric['name']): Slice[] {
  const { training, ranking, ratings, popularityCounts } = questions;
  const asked = metric === 'rmse' ? pairsOf(ratings) : ranking.map(({ user, movie }) => ({ user, movie }));
  const lengths = countByUser(training.chosen);
  const thirds = thirdsOf(asked.map(({ user }) => lengths[user]!));
  const popularity = popularityGroups(popularityCounts);
  return [
    ...HISTORY.map((name, group) => ({ name: `user history: ${name}`, has: (nth: number) => thirds[nth] === group })),
    ...POPULARITY.map((name, group) => ({
      name: `movie popularity: ${name}`,
      has: (nth: number) => popularity[asked[nth]!.movie] === group,
    })),
  ];
}

/** The metric's column over the slice alone. @param keep what counts at all */
export function sliceColumn(
  questions: Questions,
  outcomes: Outcomes,
  metric: PrimaryMetric['name'],
  slice: Slice,
  keep: Keep = () => true,
): MetricColumn | null {
  const counts: Keep = (nth) => keep(nth) && slice.has(nth);
  const table = metric === 'rmse' ? ratingTable(questions, outcomes, counts) : rankingTable(questions, outcomes, counts);
  return table?.columns[metric] ?? null;
}

/** Users with a weight. */
export const usersIn = ({ weights }: MetricColumn): number => weights.reduce((sum, weight) => sum + Number(weight > 0), 0);

const pairsOf = ({ userIndex, movieIndex }: Interactions) => Array.from(userIndex, (user, row) => ({ user, movie: movieIndex[row]! }));

/** 0, 1 or 2 for each value; equal values are in one group, so the groups need not be of one size. */
function thirdsOf(values: readonly number[]): Uint8Array {
  const sorted = Float64Array.from(values).sort();
  const [lower, upper] = [sorted[Math.floor(sorted.length / 3)]!, sorted[Math.floor((2 * sorted.length) / 3)]!];
  return Uint8Array.from(values, (value) => (value < lower ? 0 : value < upper ? 1 : 2));
}

function popularityGroups(counts: Float32Array): Uint8Array {
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const groups = new Uint8Array(counts.length);
  let before = 0;
  for (const movie of order) {
    groups[movie] = Math.min(2, Math.floor((3 * before) / Math.max(1, total)));
    before += counts[movie]!;
  }
  return groups;
}
