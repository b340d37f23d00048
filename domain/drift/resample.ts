import type { Random } from '../recommender/numeric/random.ts';
import { RATING_CLASSES } from '../recommender/data/ratings.ts';
import type { Reference } from './reference.ts';
import { NO_MOVIE, NO_RATING, sizesOf, type Sessions } from './sessions.ts';

/** Windows that are drawn from the reference: the least p-value is a two-thousandth, of which seven columns leave less than a hundredth. */
const DRAWS = 1_999;

/** How many rows of a window have what. */
export interface Tally {
  readonly rows: number;
  /** By class */
  readonly ratings: Float64Array;
  /** A row has several, or none; of rows whose movie the reference's catalogue has */
  readonly genres: Float64Array;
  readonly items: Float64Array;
}

function emptyTally({ genreNames, itemNames }: Reference) {
  const zeros = (length: number) => new Float64Array(length);
  return { rows: 0, ratings: zeros(RATING_CLASSES), genres: zeros(genreNames.length), items: zeros(itemNames.length) };
}

function addRow(tally: ReturnType<typeof emptyTally>, { genresOf, itemClassOf }: Reference, movie: number, rating: number): void {
  if (rating !== NO_RATING) tally.ratings[rating]! += 1;
  if (movie === NO_MOVIE) return;
  tally.rows += 1;
  tally.items[itemClassOf[movie]!]! += 1;
  for (const genre of genresOf[movie]!) tally.genres[genre]! += 1;
}

export function tallyOf(reference: Reference, { movie, rating }: Sessions): Tally {
  const tally = emptyTally(reference);
  for (let row = 0; row < movie.length; row += 1) addRow(tally, reference, movie[row]!, rating[row]!);
  return tally;
}

/** Where fewer sessions are as long as one of the live window, its place is taken from among so many of the longest. */
const LEAST_TO_DRAW_FROM = 20;

/**
 * Windows as the reference would have had them: for each user of the live one another session of the reference, of those that are as long, of which as many
 * rows in a row are taken as that user has; and more sessions where one is too short. So a user's choices hang together here as they do there, and what is
 * unusual among these windows is unusual beyond chance, whatever is measured (a bootstrap by cluster; Davison and Hinkley 1997, section 3.8).
 */
export function drawWindows(reference: Reference, live: Sessions, random: Random): Tally[] {
  const { movie, rating } = reference.sessions;
  const drawRun = createDraw(reference.sessions, random);
  const sizes = sizesOf(live);
  return Array.from({ length: DRAWS }, () => {
    const tally = emptyTally(reference);
    for (const size of sizes) {
      for (let left = size; left > 0;) {
        const { from, to } = drawRun(left);
        for (let row = from; row < to; row += 1) addRow(tally, reference, movie[row]!, rating[row]!);
        left -= to - from;
      }
    }
    return tally;
  });
}

function createDraw(sessions: Sessions, random: Random): (most: number) => { from: number; to: number } {
  const sizes = sizesOf(sessions);
  const longestFirst = Int32Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]!);
  const asLong = createCount(longestFirst, sizes);
  return (most) => {
    const session = longestFirst[random.below(Math.max(asLong(most), Math.min(LEAST_TO_DRAW_FROM, longestFirst.length)))]!;
    const [from, size] = [sessions.starts[session]!, sizes[session]!];
    if (size <= most) return { from, to: from + size };
    const begin = from + random.below(size - most + 1);
    return { from: begin, to: begin + most };
  };
}

/** How many sessions have at least so many rows. */
function createCount(longestFirst: Int32Array, sizes: Float64Array): (rows: number) => number {
  const known = new Map<number, number>();
  return (rows) => {
    let count = known.get(rows);
    if (count === undefined) known.set(rows, (count = longestFirst.findIndex((session) => sizes[session]! < rows)));
    return count === -1 ? longestFirst.length : count;
  };
}
