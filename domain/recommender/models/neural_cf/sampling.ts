import { hasMovie, type Interactions, type MoviesByUser } from '../../data/interactions.ts';
import { shuffle, type Random } from '../../numeric/random.ts';

/** Row `i` is user `users[i]` with movie `movies[i]`; the rows from `size` on do not count. */
export interface Pairs {
  readonly users: Int32Array;
  readonly movies: Int32Array;
  readonly size: number;
}

/** Samples of one step; `labels[i]` says whether `users[i]` chose `movies[i]`, or how they rated it. The arrays are used again for the next batch. */
export interface SampleBatch extends Pairs {
  readonly labels: Float32Array;
  /** The last batch of an epoch is shorter. */
  size: number;
}

/** Where an epoch's random choices come from, and how many of its samples were taken before. */
export interface SampleSource {
  readonly order: Random;
  readonly draws: Random;
  readonly passOver: number;
}

/**
 * One pass over the positives in random order, each followed by its negatives: movies drawn uniformly from the catalogue that the user
 * didn't choose in training. A held-out movie may be drawn: training doesn't know of it.
 * @param source `order` shuffles the positives, `draws` (the same one, or where that stood) chooses the negatives after `passOver` samples
 */
export function* sampleEpoch(
  chosen: Interactions,
  seen: MoviesByUser,
  negatives: number,
  batchSize: number,
  { order, draws, passOver }: SampleSource,
): Iterable<SampleBatch> {
  const positives = Uint32Array.from({ length: chosen.length }, (_, row) => row);
  shuffle(positives, order);
  const batch = {
    users: new Int32Array(batchSize),
    movies: new Int32Array(batchSize),
    labels: new Float32Array(batchSize),
    size: 0,
  };
  const add = (user: number, movie: number, label: number) => {
    batch.users[batch.size] = user;
    batch.movies[batch.size] = movie;
    batch.labels[batch.size] = label;
    batch.size += 1;
  };
  const perPositive = 1 + negatives;
  for (let sample = passOver; sample < positives.length * perPositive; sample += 1) {
    const row = positives[Math.floor(sample / perPositive)]!;
    const user = chosen.userIndex[row]!;
    if (sample % perPositive === 0) add(user, chosen.movieIndex[row]!, 1);
    else add(user, drawNegative(seen, user, chosen.movies.size, draws), 0);
    if (batch.size === batchSize) {
      yield batch;
      batch.size = 0;
    }
  }
  if (batch.size > 0) yield batch;
}

/** One pass over the ratings in random order. */
export function* sampleRatings(
  { length, userIndex, movieIndex, rating }: Interactions,
  batchSize: number,
  { order, passOver }: SampleSource,
): Iterable<SampleBatch> {
  const shuffled = Uint32Array.from({ length }, (_, row) => row);
  shuffle(shuffled, order);
  for (let from = passOver; from < length; from += batchSize) {
    const rows = shuffled.subarray(from, from + batchSize);
    yield {
      users: Int32Array.from(rows, (row) => userIndex[row]!),
      movies: Int32Array.from(rows, (row) => movieIndex[row]!),
      labels: Float32Array.from(rows, (row) => rating[row]!),
      size: rows.length,
    };
  }
}

const MAX_DRAWS = 100;

/** Gives up on a user who chose nearly everything: a wrong label then does less harm than an endless loop. */
function drawNegative(seen: MoviesByUser, user: number, movieCount: number, random: Random): number {
  let movie = random.below(movieCount);
  for (let draws = 1; draws < MAX_DRAWS && hasMovie(seen, user, movie); draws += 1) movie = random.below(movieCount);
  return movie;
}
