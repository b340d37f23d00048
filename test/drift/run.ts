/**
 * Our measures of drift beside Evidently's and SciPy's, on the same samples: `npm run test:drift`. Ends with 1 where one differs by more than its bound.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installDriftPeers } from '../../bench/peers.ts';
import { binNumbers } from '../../domain/drift/statistics/binning.ts';
import { kolmogorovSmirnov, normedWasserstein, wasserstein } from '../../domain/drift/statistics/distances.ts';
import { hellinger, jensenShannon, kullbackLeibler, psi } from '../../domain/drift/statistics/divergences.ts';
import { binomialTail, chiSquaredOfFit, holm, kolmogorovSmirnovP } from '../../domain/drift/statistics/pValues.ts';
import { createRandom } from '../../domain/recommender/numeric/random.ts';
import { runPython } from '../support/namedCommand.ts';

const random = createRandom(7);
const numbers = (length: number, of: () => number) => Float64Array.from({ length }, of);
const halfStar = (mean: number) => Math.min(5, Math.max(0.5, Math.round((mean + random.normal()) * 2) / 2));

const NUMERIC: Readonly<Record<string, readonly [Float64Array, Float64Array]>> = {
  'normal, 300 and 200, shifted by a third': [numbers(300, () => random.normal()), numbers(200, () => random.normal() + 0.33)],
  'log-normal, 5,000 and 3,000, the same': [
    numbers(5_000, () => Math.exp(random.normal())),
    numbers(3_000, () => Math.exp(random.normal())),
  ],
  'half stars, 900 and 700, a half star lower': [numbers(900, () => halfStar(3.5)), numbers(700, () => halfStar(3))],
  'half stars, 40 and 25, the same': [numbers(40, () => halfStar(3.5)), numbers(25, () => halfStar(3.5))],
  'uniform, 20,000 and 15,000, a hundredth wider': [numbers(20_000, () => random.next()), numbers(15_000, () => 1.01 * random.next())],
};
const CATEGORICAL: Readonly<Record<string, readonly [readonly number[], readonly number[]]>> = {
  'five classes, one doubled': [[400, 300, 150, 100, 50], [180, 140, 70, 100, 10]], // prettier-ignore
  'two classes that the live sample lacks': [[50, 30, 10, 5, 5], [60, 30, 10, 0, 0]], // prettier-ignore
  'sixty classes, the same': [Array.from({ length: 60 }, (_, at) => 1_000 + 7 * at), Array.from({ length: 60 }, (_, at) => 30 + (at % 9))],
};

const ps = [0.04, 0.001, 0.2, 0.03, 0.01];
const cases = {
  numeric: Object.entries(NUMERIC).map(([name, [reference, live]]) => {
    const bins = binNumbers(reference, live);
    const ks = kolmogorovSmirnov(reference, live);
    return {
      ...{ name, reference: [...reference], live: [...live], reference_counts: [...bins.reference], live_counts: [...bins.live] },
      ours: {
        kolmogorov_smirnov: ks,
        kolmogorov_smirnov_p: kolmogorovSmirnovP(ks, reference.length, live.length),
        wasserstein: wasserstein(reference, live),
        normed_wasserstein: normedWasserstein(reference, live),
        ...byBins(bins.reference, bins.live),
      },
    };
  }),
  categorical: Object.entries(CATEGORICAL).map(([name, [reference, live]]) => {
    const { statistic, p } = chiSquaredOfFit(reference, live);
    return { name, reference, live, ours: { chi_squared: statistic, chi_squared_p: p, ...byBins(reference, live) } };
  }),
  binomial: [[9, 50, 0.05], [1, 1_000, 1e-5], [700, 1_000, 0.65]].map(([count, trials, share]) => ({ count, trials, share, ours: binomialTail(count!, trials!, share!) })), // prettier-ignore
  holm: { ps, ours: holm(ps) },
};

function byBins(reference: ArrayLike<number>, live: ArrayLike<number>) {
  return {
    psi: psi(reference, live),
    kullback_leibler: kullbackLeibler(reference, live),
    jensen_shannon: jensenShannon(reference, live),
    hellinger: hellinger(reference, live),
  };
}

const python = await installDriftPeers();
const folder = await mkdtemp(path.join(tmpdir(), 'drift '));
try {
  const file = path.join(folder, 'cases.json');
  await writeFile(file, JSON.stringify(cases));
  process.exitCode = await runPython(python, [path.join(import.meta.dirname, 'compare.py'), file]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
