import { createHistories } from './histories.ts';
import { groupRows, type Interactions } from '../data/interactions.ts';

/**
 * How many users chose two movies, or the sum of their weights, a row of the users' Gram matrix at a time: no more memory than one row and an
 * index of the rows, and only pairs that occur are counted.
 * @param columns position of each movie among the columns, -1 for one that is left out
 * @param weights of the users; 1 each
 * @returns function that writes a movie's row, one number a column; at the movie's own column that of all who chose it
 */
export function createCooccurrence(
  chosen: Interactions,
  columns: Int32Array,
  weights: Float32Array = new Float32Array(chosen.users.size).fill(1),
): (movie: number, into: Float32Array) => void {
  const histories = createHistories({ ...chosen, movieIndex: chosen.movieIndex.map((movie) => columns[movie]!) });
  const { starts, values: users } = groupRows(chosen.movieIndex, chosen.userIndex, chosen.movies.size);
  return (movie, into) => {
    into.fill(0);
    for (let at = starts[movie]!; at < starts[movie + 1]!; at += 1) {
      const user = users[at]!;
      const history = histories.of(user);
      const weight = weights[user]!;
      for (let nth = 0; nth < history.length; nth += 1) {
        const column = history[nth]!;
        if (column >= 0) into[column]! += weight;
      }
    }
  };
}
