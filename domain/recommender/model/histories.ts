import { countByUser, type Interactions } from '../data/interactions.ts';
import { weight } from './modelParts.ts';
import type { Tensors } from '../numeric/safetensors.ts';

/** Each user's movies in the order of time. */
export interface Histories {
  readonly users: number;
  of(user: number): Int32Array;
}

/** Rows are sorted by user, then time. */
export function createHistories({ users, userIndex, movieIndex }: Pick<Interactions, 'users' | 'userIndex' | 'movieIndex'>): Histories {
  return historiesOf(countByUser({ users, userIndex }), movieIndex);
}

/** As a kind that scores by history keeps them, for a user whose history is not given. Float32 holds positions below 16 million. */
export function historyTensors({ users, userIndex, movieIndex }: Interactions): Tensors {
  return {
    'history.counts': { shape: [users.size], values: countByUser({ users, userIndex }) },
    'history.movies': { shape: [movieIndex.length], values: Float32Array.from(movieIndex) },
  };
}

export const readHistories = (weights: Tensors): Histories =>
  historiesOf(weight(weights, 'history.counts'), Int32Array.from(weight(weights, 'history.movies')));

function historiesOf(counts: ArrayLike<number>, movies: Int32Array): Histories {
  const starts = new Int32Array(counts.length + 1);
  for (let user = 0; user < counts.length; user += 1) starts[user + 1] = starts[user]! + counts[user]!;
  return { users: counts.length, of: (user) => movies.subarray(starts[user], starts[user + 1]) };
}
