import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GoneMovies } from '../catalogue/goneMovies.ts';
import type { LoadedModel } from './modelShelf.ts';
import type { TrainedModel } from '../recommender/model/model.ts';
import type { SeenMovies } from './seen.ts';

export interface Pairs {
  readonly userIds: readonly string[];
  /** As many. */
  readonly movieIds: readonly string[];
}

export type ScorePairs = (by: LoadedModel, pairs: Pairs, signal: AbortSignal) => Promise<Float32Array>;

/**
 * Scores of a version that is held, in the order of the pairs: NaN for a movie that it does not know or that has left the catalogue, and for a user that
 * it cannot answer for. Others are answered between two users. Throws the signal's reason where it is aborted.
 */
export const createPairScorer =
  ({ gone, readSeen }: { gone: Pick<GoneMovies, 'has'>; readSeen: (userId: string) => Promise<SeenMovies> }): ScorePairs =>
  async ({ model }, { userIds, movieIds }, signal) => {
    const scores = new Float32Array(movieIds.length).fill(NaN);
    const there = [...movieIds.keys()].filter((pair) => !gone.has(movieIds[pair]!));
    if (model.scorePairs) await scoreTogether(model, { userIds, movieIds }, there, scores, signal);
    else
      for (const [userId, pairs] of pairsByUser(userIds, there)) {
        await nextTurn();
        signal.throwIfAborted();
        const seen = model.scoreHistory ? await readSeen(userId) : null;
        const asker = { userId, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
        if (!model.canAnswer(asker)) continue;
        const given = model.score(
          asker,
          pairs.map((pair) => movieIds[pair]!),
        );
        pairs.forEach((pair, at) => (scores[pair] = given[at] ?? NaN));
      }
    return scores;
  };

/** Some milliseconds of a network's time. */
const PAIRS_AT_ONCE = 1_000;

/** By a kind that scores pairs of several users at once. */
async function scoreTogether(
  model: TrainedModel,
  { userIds, movieIds }: Pairs,
  there: readonly number[],
  scores: Float32Array,
  signal: AbortSignal,
): Promise<void> {
  const known = there.flatMap((pair) => {
    const [user, movie] = [model.users.indexOf(userIds[pair]!), model.movies.indexOf(movieIds[pair]!)];
    return user === undefined || movie === undefined ? [] : [{ pair, user, movie }];
  });
  for (let from = 0; from < known.length; from += PAIRS_AT_ONCE) {
    await nextTurn();
    signal.throwIfAborted();
    const some = known.slice(from, from + PAIRS_AT_ONCE);
    const given = model.scorePairs!(
      Int32Array.from(some, ({ user }) => user),
      Int32Array.from(some, ({ movie }) => movie),
    );
    some.forEach(({ pair }, at) => (scores[pair] = given[at]!));
  }
}

function pairsByUser(userIds: readonly string[], there: readonly number[]): Map<string, number[]> {
  const pairs = new Map<string, number[]>();
  for (const pair of there) {
    const userId = userIds[pair]!;
    const own = pairs.get(userId);
    if (own) own.push(pair);
    else pairs.set(userId, [pair]);
  }
  return pairs;
}
