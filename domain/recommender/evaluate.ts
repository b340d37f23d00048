import { setImmediate } from 'node:timers/promises';
import type { ModelKind } from '../../contracts/models.ts';
import type { Metrics } from '../../contracts/training.ts';
import { groupByUser, moviesOf, rowsWhere, selectRows, type Interactions } from './interactions.ts';
import { accuracy, hitRateAt, mae, meanOver, ndcgAt, rankAgainst, recallAt, rmse } from './metrics.ts';
import type { TrainedModel } from './model.ts';
import { countPopularity } from './models/popularity/index.ts';
import { heldOutWithNegatives, NEGATIVES_PER_USER, type HeldOut } from './negatives.ts';
import { trainingDataOf, type Snapshot } from './snapshot.ts';
import { TEST } from './split.ts';

const K = 10;
const YIELD_EVERY_MS = 40;

/** How each metric was taken: a figure without its protocol means nothing. */
const PROTOCOLS = {
  leave_one_out_99: {
    description: `each user's last movie against ${NEGATIVES_PER_USER} sampled ones they never touched; ties rank against the model`,
    metrics: ['hr_at_10', 'ndcg_at_10'],
  },
  full_ranking: {
    description: "each user's last movie against every rated movie they had not chosen before; ties rank against the model",
    metrics: ['recall_at_10', 'full_ndcg_at_10'],
  },
  rating_80_10_10: {
    description: 'ratings of a random tenth, features and weights from the training rows alone',
    metrics: ['rmse', 'mae', 'accuracy'],
  },
} as const;

/** One user's held-out movie and where the model ranked it, 0 the best, in either ranking protocol. */
export interface UserOutcome {
  readonly user_id: string;
  readonly movie_id: string;
  readonly sampled_rank: number;
  readonly full_rank: number;
  readonly negatives: readonly string[];
}

export interface EvaluationReport {
  readonly kind: ModelKind;
  /** Of the rating split and the negatives. */
  readonly seed: number;
  readonly protocols: typeof PROTOCOLS;
  /** The rating metrics are absent where the kind predicts no rating, or there is none held out. */
  readonly metrics: Metrics;
  /** Popularity's, on the same split and negatives. */
  readonly baseline: Metrics;
  readonly counts: { readonly ranked_users: number; readonly rated_pairs: number };
  readonly outcomes: readonly UserOutcome[];
}

export interface EvaluationInput {
  readonly snapshot: Snapshot;
  /** Trained on this snapshot's training rows. */
  readonly model: TrainedModel;
  /** Evaluation ends soon after an abort by throwing the signal's reason. */
  readonly signal: AbortSignal;
}

/** Judges a model on what it was not trained on, and popularity beside it. */
export async function evaluateModel({ snapshot, model, signal }: EvaluationInput): Promise<EvaluationReport> {
  const questions = heldOutWithNegatives(snapshot.interactions, snapshot.rankingSplit, snapshot.seed);
  const ratings = heldOutRatings(snapshot);
  const measure = async (judged: TrainedModel) => {
    const outcomes = await rankHeldOut(snapshot, questions, judged, signal);
    return { outcomes, metrics: { ...rankingMetrics(outcomes), ...(await ratingMetrics(ratings, judged, signal)) } };
  };
  const { outcomes, metrics } = await measure(model);
  const { metrics: baseline } = await measure(countPopularity(trainingDataOf(snapshot)));
  return {
    kind: model.kind,
    seed: snapshot.seed,
    protocols: PROTOCOLS,
    metrics,
    baseline,
    counts: { ranked_users: outcomes.length, rated_pairs: ratings.length },
    outcomes,
  };
}

async function rankHeldOut(snapshot: Snapshot, questions: HeldOut[], model: TrainedModel, signal: AbortSignal): Promise<UserOutcome[]> {
  const { interactions, rankingSplit } = snapshot;
  const { users, movies } = interactions;
  const chosenBefore = groupByUser(
    selectRows(
      interactions,
      rowsWhere(interactions, (row) => rankingSplit[row] !== TEST),
    ),
  );
  const rated = Int32Array.from(new Set(interactions.movieIndex));
  const hasChosen = new Uint8Array(movies.size);
  const pause = createPause(signal);
  const outcomes: UserOutcome[] = [];
  for (const { user, movie, negatives } of questions) {
    const scores = model.scoreAll(model.users.indexOf(users.ids[user]!) ?? null);
    for (const before of moviesOf(chosenBefore, user)) hasChosen[before] = 1;
    const rivals = rated.filter((rival) => rival !== movie && hasChosen[rival] === 0);
    for (const before of moviesOf(chosenBefore, user)) hasChosen[before] = 0;
    outcomes.push({
      user_id: users.ids[user]!,
      movie_id: movies.ids[movie]!,
      sampled_rank: rankAgainst(scores, movie, negatives),
      full_rank: rankAgainst(scores, movie, rivals),
      negatives: Array.from(negatives, (negative) => movies.ids[negative]!),
    });
    await pause();
  }
  return outcomes;
}

function rankingMetrics(outcomes: readonly UserOutcome[]): Metrics {
  if (outcomes.length === 0) return {};
  const mean = (of: (outcome: UserOutcome) => number) => meanOver(outcomes.length, (index) => of(outcomes[index]!));
  return {
    hr_at_10: mean(({ sampled_rank }) => hitRateAt(K, [sampled_rank])),
    ndcg_at_10: mean(({ sampled_rank }) => ndcgAt(K, [sampled_rank])),
    recall_at_10: mean(({ full_rank }) => recallAt(K, [full_rank])),
    full_ndcg_at_10: mean(({ full_rank }) => ndcgAt(K, [full_rank])),
  };
}

const heldOutRatings = ({ interactions, ratingSplit }: Snapshot): Interactions =>
  selectRows(
    interactions,
    rowsWhere(interactions, (row) => ratingSplit[row] === TEST && !Number.isNaN(interactions.rating[row])),
  );

async function ratingMetrics(
  { userIndex, movieIndex, rating, users, length }: Interactions,
  model: TrainedModel,
  signal: AbortSignal,
): Promise<Metrics> {
  if (!model.rate || length === 0) return {};
  const expected = new Float32Array(length);
  const likeliest = new Float32Array(length);
  const pause = createPause(signal);
  // Rows of one user stand together.
  for (let from = 0, to = 0; from < length; from = to) {
    while (to < length && userIndex[to] === userIndex[from]) to += 1;
    const predicted = model.rate(model.users.indexOf(users.ids[userIndex[from]!]!) ?? null, movieIndex.subarray(from, to));
    expected.set(predicted.expected, from);
    likeliest.set(predicted.likeliest, from);
    await pause();
  }
  return { rmse: rmse(expected, rating), mae: mae(expected, rating), accuracy: accuracy(likeliest, rating) };
}

/** Lets the event loop run now and then, and looks for an abort. */
function createPause(signal: AbortSignal): () => Promise<void> {
  let pausedAt = performance.now();
  return async () => {
    if (performance.now() - pausedAt < YIELD_EVERY_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    pausedAt = performance.now();
  };
}
