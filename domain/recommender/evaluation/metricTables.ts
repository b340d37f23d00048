import type { Metrics } from '../../../contracts/training.ts';
import { hitRateAt, ndcgAt, recallAt, reciprocalRankAt } from '../numeric/rankingMetrics.ts';
import { LIST_LENGTH, type Outcomes } from './outcomes.ts';
import type { Questions } from './questions.ts';

/**
 * A metric as sums by user: its figure is the finished ratio of the sums, so that it can be taken over any users, each as often as one likes, without
 * looking at an answer again.
 */
export interface MetricColumn {
  readonly sums: Float64Array;
  /** What the sums are over: 1 a question, or how many ratings; 0 for a user who is left out. */
  readonly weights: Float64Array;
  readonly finish: 'mean' | 'root of the mean';
}

/** Columns of one protocol, all over the same users. */
export interface MetricTable {
  /** As positions in the snapshot. */
  readonly users: Int32Array;
  readonly columns: Readonly<Record<string, MetricColumn>>;
}

/** Share of the ranks or rows that count: 0 leaves one out. */
export type Keep = (index: number) => boolean;
const all: Keep = () => true;

/** One user a question. @param keep whether a question counts */
export function rankingTable({ ranking }: Questions, { sampledRanks, fullRanks, novelties }: Outcomes, keep: Keep = all): MetricTable {
  const places = fullRanksOf(ranking, fullRanks);
  const weights = Float64Array.from(ranking, (_, nth) => Number(keep(nth)));
  const column = (of: (nth: number) => number): MetricColumn => ({
    sums: Float64Array.from(ranking, (_, nth) => (keep(nth) ? of(nth) : 0)),
    weights,
    finish: 'mean',
  });
  const columns = {
    hr_at_10: column((nth) => hitRateAt(10, [sampledRanks[nth]!])),
    ndcg_at_10: column((nth) => ndcgAt(10, [sampledRanks[nth]!])),
    recall_at_10: column((nth) => recallAt(10, places[nth]!)),
    recall_at_20: column((nth) => recallAt(20, places[nth]!)),
    hit_at_10: column((nth) => hitRateAt(10, places[nth]!)),
    mrr_at_10: column((nth) => reciprocalRankAt(10, places[nth]!)),
    full_ndcg_at_10: column((nth) => ndcgAt(10, places[nth]!)),
    novelty_at_10: column((nth) => novelties[nth]!),
  };
  return { users: Int32Array.from(ranking, ({ user }) => user), columns };
}

/** One user for each who has held-out ratings. @param keep whether a row counts @returns null where there are no predictions */
export function ratingTable({ ratings }: Questions, { ratings: predicted }: Outcomes, keep: Keep = all): MetricTable | null {
  if (!predicted) return null;
  const { userIndex, rating, length } = ratings;
  const users = Int32Array.from(new Set(userIndex));
  const weights = new Float64Array(users.length);
  const [squares, absolutes, rights] = [new Float64Array(users.length), new Float64Array(users.length), new Float64Array(users.length)];
  // Rows of one user stand together.
  for (let row = 0, place = -1; row < length; row += 1) {
    if (userIndex[row] !== users[place]) place += 1;
    if (!keep(row)) continue;
    const error = predicted.expected[row]! - rating[row]!;
    weights[place]! += 1;
    squares[place]! += error ** 2;
    absolutes[place]! += Math.abs(error);
    rights[place]! += predicted.likeliest[row] === rating[row] ? 1 : 0;
  }
  const columns: Record<string, MetricColumn> = {
    rmse: { sums: squares, weights, finish: 'root of the mean' },
    mae: { sums: absolutes, weights, finish: 'mean' },
    accuracy: { sums: rights, weights, finish: 'mean' },
  };
  return { users, columns };
}

/** The figure over all users, or over users drawn with repetition. @param draws how often each counts */
export function figureOf({ sums, weights, finish }: MetricColumn, draws?: Uint16Array): number {
  let sum = 0;
  let weight = 0;
  for (let user = 0; user < sums.length; user += 1) {
    const count = draws ? draws[user]! : 1;
    sum += count * sums[user]!;
    weight += count * weights[user]!;
  }
  return finish === 'mean' ? sum / weight : Math.sqrt(sum / weight);
}

/** Every metric of the outcomes. The rating metrics are absent where the kind predicts no rating, or there is none held out. */
export function metricsOf(questions: Questions, outcomes: Outcomes): Metrics {
  const tables = [questions.ranking.length > 0 ? rankingTable(questions, outcomes) : null, ratingTable(questions, outcomes)];
  const figures = tables
    .flatMap((table) => Object.entries(table?.columns ?? {}))
    .map(([name, column]) => [name, figureOf(column)] as const);
  return {
    ...Object.fromEntries(figures),
    ...(questions.ranking.length > 0 && { [`coverage_at_${LIST_LENGTH}`]: outcomes.recommended / questions.rated.length }),
  };
}

/** The places of each question. */
export function fullRanksOf(ranking: Questions['ranking'], fullRanks: Float32Array): Int32Array[] {
  let from = 0;
  return ranking.map(({ relevant }) => Int32Array.from(fullRanks.subarray(from, (from += relevant.length))));
}
