import type { NegativesAsked } from '../../../contracts/evaluation.ts';
import type { ChampionComparison, GateEvidence, Interval } from '../../../contracts/gate.ts';
import type { ModelKind, ModelName } from '../../../contracts/models.ts';
import { BY_RANKING, BY_RATING } from '../../../contracts/specs/modelSpec.ts';
import type { GateVerdict, Metrics, SplitKind } from '../../../contracts/training.ts';
import { TEST } from '../data/split.ts';
import { bootstrap, type BootstrapSettings } from './bootstrap.ts';
import { figureOf, fullRanksOf, rankingTable, ratingTable } from './metricTables.ts';
import type { Outcomes } from './outcomes.ts';
import { describeProtocols } from './protocols.ts';
import { countNegatives, digestQuestions, type Questions } from './questions.ts';
import { sliceColumn, slicesOf, usersIn } from './slices.ts';
import { shareOfTied } from './ties.ts';

/** A figure of some of the users. */
export interface SliceFigure {
  readonly slice: string;
  readonly metric: string;
  readonly users: number;
  readonly figure: Interval;
  readonly baseline: Interval;
}

export interface EvaluationReport {
  readonly format: 2;
  readonly kind: ModelKind;
  /** That the model is registered under. */
  readonly name: ModelName;
  readonly split: SplitKind;
  /** Of the split, the negatives and the bootstrap. */
  readonly seed: number;
  /** Moment of the cut of a temporal split, ISO 8601; null for another. */
  readonly cut: string | null;
  readonly protocols: ReturnType<typeof describeProtocols>;
  readonly metrics: Metrics;
  /** Popularity's, on the same questions. */
  readonly baseline: Metrics;
  readonly intervals: { readonly confidence: number; readonly resamples: number; readonly of: Readonly<Record<string, Interval>> };
  readonly slices: readonly SliceFigure[];
  /** The present champion on the same questions; null where there was none. */
  readonly champion: ChampionComparison | null;
  readonly evidence: GateEvidence;
  readonly counts: { readonly ranked_users: number; readonly rated_pairs: number };
  /** Against how many each user's movie was sampled to be ranked; null where nobody was asked. */
  readonly negatives: NegativesAsked | null;
  /** Share of the users whose held-out movie shares its moment with another; null for a split that does not go by the last movie. */
  readonly tied_share: number | null;
  /** Milliseconds of ranking every movie for one user. */
  readonly latency_ms: { readonly median: number; readonly p95: number };
  readonly reproduce: { readonly how: string; readonly questions_digest: string };
  /** Who was asked what and where it was ranked, 0 the best, in columns. */
  readonly outcomes: {
    readonly user_id: readonly string[];
    readonly movie_id: readonly string[];
    readonly sampled_rank: readonly number[];
    readonly full_ranks: readonly (readonly number[])[];
  };
}

/** The report as it is kept: with what the gate says by these figures. */
export type KeptReport = EvaluationReport & { readonly snapshot_id: string; readonly verdict: GateVerdict };

const REPRODUCE =
  "The snapshot's Parquet file has the part of every row in each split; the negatives are drawn again from the snapshot and its seed " +
  '(heldOutWithNegatives), and questions_digest tells whether they are the same.';

/** Intervals of every metric that is a mean over users. */
export function intervalsOf(questions: Questions, outcomes: Outcomes, settings: BootstrapSettings): Record<string, Interval> {
  const tables = [questions.ranking.length > 0 ? rankingTable(questions, outcomes) : null, ratingTable(questions, outcomes)];
  return Object.assign(
    {},
    ...tables.map((table) => {
      if (!table) return {};
      const columns = Object.entries(table.columns);
      const intervals = bootstrap(
        table.users.length,
        columns.map(
          ([, column]) =>
            (draws) =>
              figureOf(column, draws),
        ),
        settings,
      );
      return Object.fromEntries(columns.map(([name], nth) => [name, intervals[nth]!]));
    }),
  ) as Record<string, Interval>;
}

/** NDCG@10 among all movies by slice, and RMSE where the kind predicts ratings, with popularity's beside it. */
export function sliceFigures(questions: Questions, outcomes: Outcomes, baseline: Outcomes, settings: BootstrapSettings): SliceFigure[] {
  const metrics = [
    ...(questions.ranking.length > 0 ? ([BY_RANKING.name] as const) : []),
    ...(outcomes.ratings ? ([BY_RATING.name] as const) : []),
  ];
  return metrics.flatMap((metric) => {
    const columns = slicesOf(questions, metric).flatMap((slice) => {
      const [own, other] = [outcomes, baseline].map((of) => sliceColumn(questions, of, metric, slice));
      return own && other && usersIn(own) > 0 ? [{ slice: slice.name, own, other }] : [];
    });
    const statistics = columns.flatMap(({ own, other }) => [own, other].map((column) => (draws?: Uint16Array) => figureOf(column, draws)));
    const intervals = columns[0] ? bootstrap(columns[0].own.sums.length, statistics, settings) : [];
    return columns.map(({ slice, own }, nth) => {
      const [figure, ofBaseline] = [intervals[2 * nth]!, intervals[2 * nth + 1]!];
      return { slice, metric, users: usersIn(own), figure, baseline: ofBaseline };
    });
  });
}

/** What a report says of the questions, whatever the model. */
export function describeQuestions(questions: Questions) {
  const { snapshot, ranking, ratings } = questions;
  return {
    split: snapshot.split,
    seed: snapshot.seed,
    cut: snapshot.split === 'temporal' ? cutOf(questions) : null,
    protocols: describeProtocols(snapshot.split),
    counts: { ranked_users: ranking.length, rated_pairs: ratings.length },
    negatives: countNegatives(questions),
    tied_share: shareOfTied(snapshot),
    reproduce: { how: REPRODUCE, questions_digest: digestQuestions(questions) },
  };
}

function cutOf({ snapshot: { interactions, rankingSplit } }: Questions): string {
  const earliest = interactions.ratedAt.reduce((least, at, row) => (rankingSplit[row] === TEST ? Math.min(least, at) : least), Infinity);
  return new Date(earliest).toISOString();
}

export const describeOutcomes = (
  { snapshot, ranking }: Questions,
  { sampledRanks, fullRanks }: Outcomes,
): EvaluationReport['outcomes'] => ({
  user_id: ranking.map(({ user }) => snapshot.interactions.users.ids[user]!),
  movie_id: ranking.map(({ movie }) => snapshot.interactions.movies.ids[movie]!),
  sampled_rank: Array.from(sampledRanks),
  full_ranks: fullRanksOf(ranking, fullRanks).map((ranks) => Array.from(ranks)),
});
