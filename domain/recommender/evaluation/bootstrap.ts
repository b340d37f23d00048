import type { Interval } from '../../../contracts/gate.ts';
import { createRandom } from '../numeric/random.ts';

const BOOTSTRAP_STREAM = 4;

export interface BootstrapSettings {
  /** Share of the resamples inside the interval. */
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
}

/** A figure of users drawn with repetition. @param draws how often each user was drawn; absent: each once */
export type Statistic = (draws?: Uint16Array) => number;

/**
 * Percentile intervals by bootstrap over users (Efron 1979). All statistics see the same draws, so a difference of two models is a paired one.
 * A resample that holds nobody the statistic is about is left out of it.
 * @returns in the order of the statistics
 */
export function bootstrap(users: number, statistics: readonly Statistic[], { confidence, resamples, seed }: BootstrapSettings): Interval[] {
  const random = createRandom(seed, BOOTSTRAP_STREAM);
  const draws = new Uint16Array(users);
  const figures = statistics.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample += 1) {
    draws.fill(0);
    for (let drawn = 0; drawn < users; drawn += 1) draws[random.below(users)]! += 1;
    statistics.forEach((statistic, nth) => (figures[nth]![resample] = statistic(draws)));
  }
  return statistics.map((statistic, nth) => ({ value: statistic(), ...percentiles(figures[nth]!, confidence) }));
}

function percentiles(figures: Float64Array, confidence: number): { low: number; high: number } {
  const sorted = figures.filter((figure) => !Number.isNaN(figure)).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? Number.NaN;
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}
