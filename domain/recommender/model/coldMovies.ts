import { createGenreMatrix } from '../data/genreMatrix.ts';
import { createRanks } from '../numeric/ranks.ts';
import { highest } from '../numeric/topK.ts';
import type { LearntMovies } from './learntMovies.ts';
import { weight } from './modelParts.ts';
import type { Pause } from '../numeric/pause.ts';
import type { Tensors } from '../numeric/safetensors.ts';
import type { MovieTable } from '../data/snapshot.ts';

/** Learnt movies that stand in for a cold one. */
const NEIGHBOURS = 20;
/** Years apart at which two movies of the same genres are half as alike. */
const HALF_AS_ALIKE_YEARS = 10;
const UNKNOWN_YEAR = 1990;

/**
 * What a model knows of movies that it could not learn from what users chose: genres and year, and for each such movie the learnt ones
 * most like it.
 */
export async function describeColdMovies(movies: MovieTable, { movies: learnt, columns }: LearntMovies, pause: Pause): Promise<Tensors> {
  const genres = createGenreMatrix(movies);
  const content = {
    'content.genres': { shape: [movies.vocabulary.size, genres.names.length], values: genres.values },
    'content.years': {
      shape: [movies.vocabulary.size],
      values: Float32Array.from(movies.releaseYears, (year) => year ?? UNKNOWN_YEAR),
    },
  };
  const likeness = createLikeness(content);
  const cold = Float32Array.from(columns.keys()).filter((movie) => columns[movie]! < 0);
  const width = Math.min(NEIGHBOURS, learnt.length);
  const neighbours = new Float32Array(cold.length * width);
  const alike = new Float32Array(learnt.length);
  for (const [row, movie] of cold.entries()) {
    for (let column = 0; column < learnt.length; column += 1) alike[column] = likeness(movie, learnt[column]!);
    highest(alike, width, () => false).forEach((column, nth) => (neighbours[row * width + nth] = learnt[column]!));
    await pause();
  }
  return {
    ...content,
    'cold.movies': { shape: [cold.length], values: cold },
    'cold.neighbours': { shape: [cold.length, width], values: neighbours },
  };
}

export interface ColdMovies {
  has(movie: number): boolean;
  /**
   * Gives each cold movie the lower quartile of its neighbours' scores, in place: that nobody chose it speaks against it, and by their mean such
   * movies crowded out others.
   */
  fill(scores: Float32Array): Float32Array;
  /** How alike each movie's genres and year are to this one's: for a movie of which nothing else is known. */
  likenessToAll(movie: number): Float32Array;
}

export function readColdMovies(weights: Tensors): ColdMovies {
  const size = weight(weights, 'content.years').length;
  const cold = Int32Array.from(weight(weights, 'cold.movies'));
  const neighbours = Int32Array.from(weight(weights, 'cold.neighbours'));
  const width = cold.length === 0 ? 0 : neighbours.length / cold.length;
  const ofNeighbours = createRanks({ rows: neighbours, width, place: Math.floor(width / 4) }, size);
  const isCold = new Set<number>(cold);
  const likeness = createLikeness(weights);
  return {
    has: (movie) => isCold.has(movie),
    fill(scores) {
      const quartiles = ofNeighbours(scores);
      for (let row = 0; row < cold.length; row += 1) scores[cold[row]!] = quartiles[row]!;
      return scores;
    },
    likenessToAll: (movie) => Float32Array.from({ length: size }, (_, other) => likeness(movie, other)),
  };
}

/** Cosine of the genres, the less the more years lie between; 0 to 1, the same both ways. */
function createLikeness(content: Tensors): (a: number, b: number) => number {
  const genres = weight(content, 'content.genres');
  const years = weight(content, 'content.years');
  const width = years.length === 0 ? 0 : genres.length / years.length;
  const lists = Array.from(years, (_, movie) => {
    const row = genres.subarray(movie * width, (movie + 1) * width);
    return Int32Array.from(row.keys()).filter((genre) => row[genre] === 1);
  });
  return (a, b) => {
    let common = 0;
    for (const genre of lists[a]!) common += genres[b * width + genre]!;
    const cosine = common / (Math.sqrt(lists[a]!.length * lists[b]!.length) || 1);
    return cosine / (1 + Math.abs(years[a]! - years[b]!) / HALF_AS_ALIKE_YEARS);
  };
}
