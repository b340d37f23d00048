import type { Histories } from '../../model/histories.ts';
import { shuffle, type Random } from '../../numeric/random.ts';

/** Sequences of one step, padded at their end to the longest. */
export interface SequenceBatch {
  readonly sequences: number;
  readonly places: number;
  /** sequences × places: the movie at each place; 0 in padding. */
  readonly movies: Int32Array;
  /** Places, counted through all sequences, after which another movie was chosen, and that movie. */
  readonly from: Int32Array;
  readonly next: Int32Array;
}

/**
 * One pass over everything that was chosen after something else, in windows of at most `length` choices, in random order. Where a history's windows
 * begin is random too, so that no choice always stands at a window's beginning, without a past.
 */
export function* sampleWindows(histories: Histories, length: number, batchSize: number, random: Random): Iterable<SequenceBatch> {
  const windows: Int32Array[] = [];
  for (let user = 0; user < histories.users; user += 1) {
    const history = histories.of(user);
    const phase = history.length - 1 > length ? 1 + random.below(length) : length;
    for (let from = 0, to = phase; from < history.length - 1; from = to, to += length) windows.push(history.subarray(from, to + 1));
  }
  const order = Uint32Array.from(windows.keys());
  shuffle(order, random);
  for (let at = 0; at < order.length; at += batchSize) {
    yield batchOf(Array.from(order.subarray(at, at + batchSize), (window) => windows[window]!));
  }
}

function batchOf(windows: readonly Int32Array[]): SequenceBatch {
  const places = Math.max(...windows.map((window) => window.length - 1));
  const choices = windows.reduce((sum, window) => sum + window.length - 1, 0);
  const [movies, from, next] = [new Int32Array(windows.length * places), new Int32Array(choices), new Int32Array(choices)];
  let filled = 0;
  windows.forEach((window, sequence) => {
    for (let place = 0; place + 1 < window.length; place += 1) {
      movies[sequence * places + place] = window[place]!;
      from[filled] = sequence * places + place;
      next[filled++] = window[place + 1]!;
    }
  });
  return { sequences: windows.length, places, movies, from, next };
}
