import type { Parameters } from './parameters.ts';

/** Row `i` is user `users[i]` with movie `movies[i]`; the rows from `size` on do not count. */
export interface Pairs {
  readonly users: Int32Array;
  readonly movies: Int32Array;
  readonly size: number;
}

/**
 * What pairs put into the network.
 * @param towerInput filled, rows × 2·dim
 * @param logits filled with all but the tower's part
 */
export function gatherPairs(
  { dim, users, movies, movieBias, userBias, output }: Parameters,
  pairs: Pairs,
  towerInput: Float32Array,
  logits: Float32Array,
): void {
  const width = 2 * dim;
  const outputKernel = output.kernel.values;
  const [userTable, movieTable] = [users.values, movies.values];
  for (let row = 0; row < pairs.size; row += 1) {
    const user = pairs.users[row]! * width;
    const movie = pairs.movies[row]! * width;
    const to = row * width;
    let logit = output.bias.values[0]! + movieBias.values[pairs.movies[row]!]!;
    if (userBias) logit += userBias.values[pairs.users[row]!]!;
    for (let d = 0; d < dim; d += 1) {
      logit += outputKernel[d]! * userTable[user + d]! * movieTable[movie + d]!;
      towerInput[to + d] = userTable[user + dim + d]!;
      towerInput[to + dim + d] = movieTable[movie + dim + d]!;
    }
    logits[row] = logit;
  }
}
