import { readColdMovies } from './coldMovies.ts';
import { learntMovies } from './learntMovies.ts';
import { weight } from './modelParts.ts';
import type { Tensors } from '../numeric/safetensors.ts';

/** Of a model that learnt some of the movies: which, and what it has to say of all of them. */
export function readMovieScores(weights: Tensors, vocabularySize: number) {
  const learnt = learntMovies(vocabularySize, weight(weights, 'learnt'));
  const cold = readColdMovies(weights);
  return {
    learnt,
    hasLearnt: (movie: number): boolean => learnt.columns[movie]! >= 0,
    /** A score for each movie of the vocabulary. @param values one for each learnt movie */
    spread: (values: ArrayLike<number>): Float32Array => {
      const scores = new Float32Array(vocabularySize);
      for (let column = 0; column < learnt.movies.length; column += 1) scores[learnt.movies[column]!] = values[column]!;
      return cold.fill(scores);
    },
    /** How alike some movies are to one, all of them learnt; undefined where they are not. @param ofColumns the same by columns */
    similarityOfLearnt:
      (ofColumns: (column: number, others: Int32Array) => Float32Array) =>
      (movie: number, others: Int32Array): Float32Array | undefined => {
        const columns = others.map((other) => learnt.columns[other]!);
        const own = learnt.columns[movie]!;
        return own >= 0 && columns.every((column) => column >= 0) ? ofColumns(own, columns) : undefined;
      },
    /** How alike each movie is to one. @param ofLearnt the same, for a movie that was learnt */
    similarityBy:
      (ofLearnt: (movie: number) => Float32Array) =>
      (movie: number): Float32Array =>
        cold.has(movie) ? cold.likenessToAll(movie) : ofLearnt(movie),
  };
}
