import { bestFigure, BY_RATING } from '../../../contracts/specs/modelSpec.ts';
import { createPause } from '../numeric/pause.ts';
import { createRandom } from '../numeric/random.ts';
import type { Tensors } from '../numeric/safetensors.ts';
import type { TrainingData } from '../data/snapshot.ts';
import { drawValidationChoices, ndcgOfChoice, type ValidationChoice } from './validationChoices.ts';

/** Against drawn movies, though the gate goes by all: asking among all of them after each epoch would take as long as the epoch. */
export const BY_DRAWN_RANKING = { name: 'ndcg_at_10', better: 'higher' } as const;
export type ValidationMetric = typeof BY_DRAWN_RANKING | typeof BY_RATING;

/** How a kind of model says when it has learnt enough (Prechelt 1998, doi:10.1007/3-540-49430-8_3). */
export interface EarlyStopping {
  /** Epochs with a worse figure than the best after which learning ends. */
  readonly patience: number;
  /** The weights alone, live; the optimiser is no part of the result. */
  readonly weights: Tensors;
  readonly metric: ValidationMetric;
  /** The metric on validation by the weights as they are. */
  readonly judge: () => Promise<number>;
}

interface Patience {
  readonly patience: number;
  readonly seed: number;
}

/** Users who are asked after each epoch, and movies beside the one that was chosen, as in the protocol of sampled negatives. */
const MAX_USERS = 2_000;
const OTHERS = 99;
const USERS_AT_ONCE = 64;
const CHOICES_STREAM = 2;
const MAX_RATINGS = 50_000;
/** Candidates or ratings that are scored together, at most. */
export const JUDGED_AT_ONCE = USERS_AT_ONCE * (1 + OTHERS);

/**
 * Early stopping by how the validation movies are ranked.
 * @param weights the model's, live
 * @param scoresOf for each of some choices the scores of its candidates, by the weights as they are
 * @returns undefined where there is no patience, or nobody to ask
 */
export function stopByRanking(
  data: TrainingData,
  { patience, seed }: Patience,
  weights: Tensors,
  scoresOf: (choices: readonly ValidationChoice[]) => Float32Array[],
  signal: AbortSignal,
): EarlyStopping | undefined {
  const choices = patience === 0 ? [] : drawValidationChoices(data, MAX_USERS, OTHERS, createRandom(seed, CHOICES_STREAM));
  if (choices.length === 0) return undefined;
  const pause = createPause(signal);
  async function judge(): Promise<number> {
    let sum = 0;
    for (let from = 0; from < choices.length; from += USERS_AT_ONCE) {
      for (const scores of scoresOf(choices.slice(from, from + USERS_AT_ONCE))) sum += ndcgOfChoice(scores);
      await pause();
    }
    return sum / choices.length;
  }
  return { patience, weights, metric: BY_DRAWN_RANKING, judge };
}

/**
 * Early stopping by how far off the validation ratings are; of many every so manieth is asked.
 * @param predict ratings of pairs, in their order
 */
export function stopByRatings(
  { validationRatings: { length, userIndex, movieIndex, rating } }: TrainingData,
  { patience }: Patience,
  weights: Tensors,
  predict: (users: Int32Array, movies: Int32Array) => Float32Array,
  signal: AbortSignal,
): EarlyStopping | undefined {
  const stride = Math.ceil(length / MAX_RATINGS);
  const rows = Uint32Array.from({ length: patience === 0 || length === 0 ? 0 : Math.ceil(length / stride) }, (_, nth) => nth * stride);
  if (rows.length === 0) return undefined;
  const pause = createPause(signal);
  async function judge(): Promise<number> {
    let squares = 0;
    for (let from = 0; from < rows.length; from += JUDGED_AT_ONCE) {
      const asked = rows.subarray(from, from + JUDGED_AT_ONCE);
      const columnOf = (column: Int32Array) => Int32Array.from(asked, (row) => column[row]!);
      const predicted = predict(columnOf(userIndex), columnOf(movieIndex));
      asked.forEach((row, nth) => (squares += (predicted[nth]! - rating[row]!) ** 2));
      await pause();
    }
    return Math.sqrt(squares / rows.length);
  }
  return { patience, weights, metric: BY_RATING, judge };
}

/** Whether learning has gone on for so many epochs without a better figure. @param best place of the best figure, -1 for none */
export const isStuck = (figures: readonly number[], best: number, patience: number): boolean =>
  figures.length > 0 && figures.length - 1 - best >= patience;

export type Best = ReturnType<typeof createBest>;

/** Keeps the weights of the epoch that is best on validation. */
export function createBest({ patience, weights, metric, judge }: EarlyStopping) {
  const names = Object.keys(weights);
  const nameOfKept = (name: string) => `best.${name}`;
  const kept: Tensors = Object.fromEntries(
    names.map((name) => [nameOfKept(name), { shape: weights[name]!.shape, values: new Float32Array(weights[name]!.values.length) }]),
  );
  const judged: number[] = [];
  const copy = (from: (name: string) => Float32Array, to: (name: string) => Float32Array) =>
    names.forEach((name) => to(name).set(from(name)));
  const ofKept = (name: string) => kept[nameOfKept(name)]!.values;
  const live = (name: string) => weights[name]!.values;
  // Of equals the last: with few users to ask, none may be told from another, and what learnt longer is the better guess.
  const best = () => judged.lastIndexOf(bestFigure(metric, judged));
  return {
    /** Names and values for a checkpoint. */
    kept,
    metric,
    /** A figure for each epoch. */
    judged: judged as readonly number[],
    isStuck: (): boolean => isStuck(judged, best(), patience),
    async judge(): Promise<number> {
      const figure = await judge();
      judged.push(figure);
      if (best() === judged.length - 1) copy(live, ofKept);
      return figure;
    },
    /** Puts the best epoch's weights in the place of the last one's. */
    restore: () => copy(ofKept, live),
    /** Goes on from a checkpoint. */
    resume(before: readonly number[], tensors: Tensors): void {
      judged.push(...before);
      copy((name) => tensors[nameOfKept(name)]!.values, ofKept);
    },
  };
}
