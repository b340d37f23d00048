/** A figure of a kind of model, by seed. @typedef {Record<string, Record<string, number[]>>} Figures kind → metric → one a seed */

/** So many standard deviations of what another seed gives are no finding: of 40 comparisons of equals one would be one. */
const NOISE = 2;
/** Less than the table shows is no finding either, where no seed changes anything. */
const SMALLEST = 0.0001;

/**
 * Which figures are worse than another seed explains: the mean over the seeds lies lower by more than NOISE standard errors of the difference, and by
 * SMALLEST at least.
 * @param {Figures} base @param {Figures} head metrics of which more is better
 * @returns {{ kind: string; metric: string; base: number; head: number; noise: number; isWorse: boolean }[]}
 * @throws where a kind or a metric that the base has is gone, or a figure is no number
 */
export function judge(base, head) {
  return Object.entries(base).flatMap(([kind, metrics]) =>
    Object.entries(metrics).map(([metric, before]) => {
      const after = head[kind]?.[metric];
      if (!after) throw new Error(`${kind} has no ${metric} any more`);
      if (![...before, ...after].every(Number.isFinite)) throw new Error(`${kind} has a ${metric} that is no number`);
      const noise = NOISE * Math.sqrt(variance(before) / before.length + variance(after) / after.length);
      const [was, is] = [mean(before), mean(after)];
      return { kind, metric, base: was, head: is, noise, isWorse: was - is > Math.max(noise, SMALLEST) };
    }),
  );
}

/** @param {ReturnType<typeof judge>} rows @returns {string} Markdown */
export const report = (rows) =>
  [
    '| model | metric | before | now | noise | |',
    '|---|---|---:|---:|---:|---|',
    ...rows.map(
      ({ kind, metric, base, head, noise, isWorse }) =>
        `| ${kind} | ${metric} | ${base.toFixed(4)} | ${head.toFixed(4)} | ±${noise.toFixed(4)} | ${isWorse ? '**worse**' : ''} |`,
    ),
  ].join('\n');

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values) => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1);
};
