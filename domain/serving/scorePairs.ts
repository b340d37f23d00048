import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GoneMovies } from '../catalogue/goneMovies.ts';
import type { LoadedModel } from './modelShelf.ts';
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
    for (const [userId, pairs] of pairsByUser(userIds)) {
      await nextTurn();
      signal.throwIfAborted();
      const seen = model.scoreHistory ? await readSeen(userId) : null;
      const asker = { userId, ...(seen && { history: seen.chosen, disliked: seen.disliked }) };
      if (!model.canAnswer(asker)) continue;
      const known = pairs.filter((pair) => !gone.has(movieIds[pair]!));
      const given = model.score(
        asker,
        known.map((pair) => movieIds[pair]!),
      );
      known.forEach((pair, at) => (scores[pair] = given[at] ?? NaN));
    }
    return scores;
  };

function pairsByUser(userIds: readonly string[]): Map<string, number[]> {
  const pairs = new Map<string, number[]>();
  for (const [pair, userId] of userIds.entries()) {
    const own = pairs.get(userId);
    if (own) own.push(pair);
    else pairs.set(userId, [pair]);
  }
  return pairs;
}
