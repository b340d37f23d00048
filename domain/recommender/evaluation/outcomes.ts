import { highest } from '../numeric/topK.ts';
import { moviesOf, runsByUser } from '../data/interactions.ts';
import { rankAgainst, ranksAmong } from '../numeric/rankingMetrics.ts';
import type { RatingPrediction, TrainedModel } from '../model/model.ts';
import { createPause, type Pause } from '../numeric/pause.ts';
import type { Tensors } from '../numeric/safetensors.ts';
import type { Questions } from './questions.ts';
import { createSnapshotScorer, mapPositions } from './scoring.ts';

/** Length of the lists that coverage and novelty look at. */
export const LIST_LENGTH = 10;

/** What a model answered: places, 0 the best, and ratings. Float32 holds every place of a catalogue below 16 million movies. */
export interface Outcomes {
  /** Place among the negatives, one a ranking question. */
  readonly sampledRanks: Float32Array;
  /** Places of all that is held out among everything the user had not chosen, ascending; the questions' one after the other. */
  readonly fullRanks: Float32Array;
  /** Mean of −log2 of the share of users who chose a movie, over the movies recommended; one a ranking question. */
  readonly novelties: Float32Array;
  /** How many movies were recommended to anybody. */
  readonly recommended: number;
  /** Ratings of the held-out rows; null where the kind predicts none. */
  readonly ratings: { readonly expected: Float32Array; readonly likeliest: Float32Array } | null;
}

export interface Answered {
  readonly outcomes: Outcomes;
  /** Milliseconds of scoring and ranking every movie, one a ranking question. */
  readonly latenciesMs: Float64Array;
  /** Users, as positions in the snapshot, that the model could not answer. */
  readonly fellBack: ReadonlySet<number>;
}

/** Told of how many users a model has ranked the movies. */
export type OnAsked = (progress: { readonly users: number; readonly of: number }) => void;
const ASKED_AT_A_TIME = 100;

/** Asks a model everything. It may have been trained on another snapshot. Ends soon after an abort by throwing the signal's reason. */
export async function answerQuestions(
  questions: Questions,
  model: TrainedModel,
  signal: AbortSignal,
  onAsked: OnAsked = () => undefined,
): Promise<Answered> {
  const pause = createPause(signal);
  const ranked = await answerRanking(questions, model, pause, onAsked);
  return { ...ranked, outcomes: { ...ranked.outcomes, ratings: await answerRatings(questions, model, pause) } };
}

async function answerRanking(questions: Questions, model: TrainedModel, pause: Pause, onAsked: OnAsked) {
  const { snapshot, ranking, historyOf, popularityCounts, training } = questions;
  const scorer = createSnapshotScorer(model, snapshot.interactions, historyOf, popularityCounts);
  const surprise = popularityCounts.map((count) => -Math.log2((count + 1) / (training.chosen.users.size + 1)));
  const isRecommended = new Uint8Array(popularityCounts.length);
  const candidatesOf = createCandidates(questions);
  const sampledRanks = new Float32Array(ranking.length);
  const fullRanks = new Float32Array(ranking.reduce((sum, { relevant }) => sum + relevant.length, 0));
  const novelties = new Float32Array(ranking.length);
  const latenciesMs = new Float64Array(ranking.length);
  let filled = 0;
  for (const [nth, { user, movie, relevant, negatives }] of ranking.entries()) {
    const startedAt = performance.now();
    const scores = scorer.scoreAll(user);
    const candidates = candidatesOf(user);
    const list = highest(scores, LIST_LENGTH, (listed) => !candidates.has(listed) || Number.isNaN(scores[listed]));
    latenciesMs[nth] = performance.now() - startedAt;
    for (const listed of list) isRecommended[listed] = 1;
    novelties[nth] = list.reduce((sum, listed) => sum + surprise[listed]!, 0) / list.length;
    sampledRanks[nth] = rankAgainst(scores, movie, negatives);
    fullRanks.set(ranksAmong(scores, relevant, candidates.movies), filled);
    filled += relevant.length;
    if (nth % ASKED_AT_A_TIME === 0) onAsked({ users: nth, of: ranking.length });
    await pause();
  }
  const recommended = isRecommended.reduce((sum, is) => sum + is, 0);
  return { outcomes: { sampledRanks, fullRanks, novelties, recommended }, latenciesMs, fellBack: scorer.fellBack };
}

/** The movies that a user could be shown: rated ones that they had not chosen. What is returned is good until the next call. */
function createCandidates({ rated, chosenBefore, popularityCounts }: Questions) {
  const isRated = new Uint8Array(popularityCounts.length);
  for (const movie of rated) isRated[movie] = 1;
  const isCandidate = isRated.slice();
  const movies = new Int32Array(rated.length);
  return (user: number) => {
    isCandidate.set(isRated);
    for (const chosen of moviesOf(chosenBefore, user)) isCandidate[chosen] = 0;
    let count = 0;
    for (const movie of rated) if (isCandidate[movie] === 1) movies[count++] = movie;
    return { movies: movies.subarray(0, count), has: (movie: number) => isCandidate[movie] === 1 };
  };
}

async function answerRatings(
  { ratings, popularity, snapshot }: Questions,
  model: TrainedModel,
  pause: Pause,
): Promise<Outcomes['ratings']> {
  if (!model.rate || ratings.length === 0) return null;
  const rate: Rate = (user, movies) => model.rate!(user, movies);
  const { userIndex, movieIndex, users, length } = ratings;
  const toModel = mapPositions(snapshot.interactions.movies, model.movies);
  const expected = new Float32Array(length);
  const likeliest = new Float32Array(length);
  for (const { from, to } of runsByUser(ratings)) {
    const asked = movieIndex.subarray(from, to);
    const predicted = rateKnown(rate, model.users.indexOf(users.ids[userIndex[from]!]!) ?? null, asked, toModel);
    const byAll = predicted.unknown.length > 0 ? popularity.rate!(null, asked) : null;
    for (const place of predicted.unknown) {
      predicted.expected[place] = byAll!.expected[place]!;
      predicted.likeliest[place] = byAll!.likeliest[place]!;
    }
    expected.set(predicted.expected, from);
    likeliest.set(predicted.likeliest, from);
    await pause();
  }
  return { expected, likeliest };
}

type Rate = (user: number | null, movies: Int32Array) => RatingPrediction;

/** @returns ratings in the order asked for, and the places of the movies that the model does not know */
function rateKnown(rate: Rate, user: number | null, asked: Int32Array, toModel: Int32Array | null) {
  if (!toModel) return { ...rate(user, asked), unknown: [] };
  const positions = asked.map((movie) => toModel[movie]!);
  const unknown = [...positions.keys()].filter((place) => positions[place]! < 0);
  // Something must be asked in the place of an unknown one; its answer is not used.
  return {
    ...rate(
      user,
      positions.map((position) => Math.max(0, position)),
    ),
    unknown,
  };
}

/** As arrays that a file can hold. */
export function packOutcomes({ sampledRanks, fullRanks, novelties, recommended, ratings }: Outcomes): Tensors {
  const column = (values: Float32Array) => ({ shape: [values.length], values });
  return {
    sampled_ranks: column(sampledRanks),
    full_ranks: column(fullRanks),
    novelties: column(novelties),
    recommended: column(Float32Array.of(recommended)),
    ...(ratings && { expected_ratings: column(ratings.expected), likeliest_ratings: column(ratings.likeliest) }),
  };
}

/** @returns null where something is missing */
export function unpackOutcomes(tensors: Tensors): Outcomes | null {
  const values = (name: string) => tensors[name]?.values;
  const [sampledRanks, fullRanks, novelties] = [values('sampled_ranks'), values('full_ranks'), values('novelties')];
  const [expected, likeliest] = [values('expected_ratings'), values('likeliest_ratings')];
  const recommended = values('recommended')?.[0];
  if (!sampledRanks || !fullRanks || !novelties || recommended === undefined) return null;
  return { sampledRanks, fullRanks, novelties, recommended, ratings: expected && likeliest ? { expected, likeliest } : null };
}
