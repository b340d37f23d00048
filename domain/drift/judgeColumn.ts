import { DRIFT_COLUMNS, type ColumnResult, type DriftClass, type DriftColumn } from '../../contracts/drift.ts';
import { binNumbers } from './statistics/binning.ts';
import { compareOrdered, kolmogorovSmirnov, meanAndDeviation, normedWasserstein } from './statistics/distances.ts';
import { cohensH, hellinger, jensenShannon, kullbackLeibler, psi, sharesOf } from './statistics/divergences.ts';
import { binomialTail, chiSquaredOfFit, kolmogorovSmirnovP } from './statistics/pValues.ts';

/** Up to so many events the test is one that finds a single class that moved; of more, one of the whole distribution, as a small change is found anyway. */
const SMALL_SAMPLE = 1_000;

export interface Sized {
  readonly column: DriftColumn;
  readonly events: number;
  readonly users: number;
  readonly threshold: number;
}

/** Without the correction for several columns, which comes when all are known. */
export type Uncorrected = Omit<ColumnResult, 'state' | 'p_adjusted'>;

const NOT_MEASURED = {
  ...{ reason: null, effect: null, value: null, threshold: null, score: null, test: null, p: null, most: null },
  ...{ measures: {}, classes: [] },
};

export const notJudged = ({ column, events, users }: Omit<Sized, 'threshold'>, reason: string): Uncorrected => ({
  ...NOT_MEASURED,
  ...{ column, about: DRIFT_COLUMNS[column].about, events, users, reason },
});

/** Shares of rows by class; where a row may have several classes they are shares of `rows`. */
interface Classes {
  readonly labels: readonly string[];
  readonly reference: Float64Array;
  readonly referenceRows: number;
  readonly live: Float64Array;
  readonly liveRows: number;
  /** The same of each window that was drawn from the reference */
  readonly drawn: readonly { readonly counts: Float64Array; readonly rows: number }[];
  /** Classes with a smaller share in the reference are shown and do not decide */
  readonly leastShare?: number;
}

/** A column whose classes have no order: how far the share of the class moved that moved most. */
export function judgeClasses(sized: Sized, classes: Classes): Uncorrected {
  const { labels, reference, referenceRows, live, liveRows } = classes;
  const h = labels.map((_, at) => cohensH(reference[at]! / referenceRows, live[at]! / liveRows));
  const most = commonOf(classes).reduce((found, at) => (Math.abs(h[at]!) > Math.abs(h[found]!) ? at : found));
  const isSmall = sized.events <= SMALL_SAMPLE;
  const ofWindow = isSmall ? largestChange(classes) : ({ counts }: { counts: Float64Array }) => jensenShannon(reference, counts);
  return judged(sized, {
    effect: "largest change of a class, Cohen's h",
    value: Math.abs(h[most]!),
    test: isSmall
      ? 'largest change of a class, against windows drawn from the reference by user'
      : 'Jensen–Shannon distance, against windows drawn from the reference by user',
    p: rankAmong(ofWindow({ counts: live, rows: liveRows }), classes.drawn.map(ofWindow)),
    most: `${labels[most]} ${h[most]! < 0 ? 'less' : 'more'}`,
    measures: measuresOf(reference, live),
    classes: describeClasses(classes),
  });
}

/** Classes that decide; the largest where all are rare. */
function commonOf({ labels, reference, referenceRows, leastShare = 0 }: Classes): number[] {
  const common = [...labels.keys()].filter((at) => reference[at]! >= leastShare * referenceRows);
  return common.length > 0 ? common : [reference.indexOf(Math.max(...reference))];
}

/**
 * Largest distance of a class from what windows of the reference have on average, in their standard deviations; of the arcsines of the shares' roots, which
 * spread alike for rare and common classes (Cohen's h is twice their difference).
 */
function largestChange(classes: Classes): (window: { counts: Float64Array; rows: number }) => number {
  const angle = (count: number, rows: number) => Math.asin(Math.sqrt(count / Math.max(1, rows)));
  const spread = commonOf(classes).map((at) => ({
    at,
    ...meanAndDeviation(classes.drawn.map(({ counts, rows }) => angle(counts[at]!, rows))),
  }));
  return ({ counts, rows }) =>
    spread.reduce(
      (largest, { at, mean, deviation }) => Math.max(largest, Math.abs(angle(counts[at]!, rows) - mean) / Math.max(deviation, 1 / rows)),
      0,
    );
}

/** A column whose classes are one apart in their order, such as half stars. */
export function judgeOrdered(sized: Sized, classes: Classes): Uncorrected {
  const { reference, live } = classes;
  const isSmall = sized.events <= SMALL_SAMPLE;
  const statistic = isSmall ? 'ks' : 'wasserstein';
  const ofWindow = (counts: Float64Array) => compareOrdered(reference, counts)[statistic];
  const { ks, wasserstein } = compareOrdered(reference, live);
  return judged(sized, {
    effect: "Wasserstein distance in the reference's standard deviations",
    value: wasserstein,
    test: `${isSmall ? 'Kolmogorov–Smirnov distance' : 'Wasserstein distance'}, against windows drawn from the reference by user`,
    p: rankAmong(
      ofWindow(live),
      classes.drawn.map(({ counts }) => ofWindow(counts)),
    ),
    most: direction(meanOf(reference), meanOf(live)),
    measures: { ...measuresOf(reference, live), kolmogorov_smirnov: ks },
    classes: describeClasses(classes),
  });
}

/** A column that has one number of each user, so that its numbers are independent. */
export function judgeNumbers(sized: Sized, reference: Float64Array, live: Float64Array): Uncorrected {
  const ks = kolmogorovSmirnov(reference, live);
  const bins = binNumbers(reference, live);
  const labels = Array.from(bins.reference, (_, at) => `${short(bins.edges[at]!)} to ${short(bins.edges[at + 1]!)}`);
  return judged(sized, {
    effect: "Wasserstein distance in the reference's standard deviations",
    value: normedWasserstein(reference, live),
    test: 'Kolmogorov–Smirnov, one number of each user',
    p: kolmogorovSmirnovP(ks, reference.length, live.length),
    most: direction(meanAndDeviation(reference).mean, meanAndDeviation(live).mean),
    measures: { ...measuresOf(bins.reference, bins.live), kolmogorov_smirnov: ks },
    classes: describeClasses({
      labels,
      reference: bins.reference,
      referenceRows: reference.length,
      live: bins.live,
      liveRows: live.length,
      drawn: [],
    }),
  });
}

/** A share that only matters where it grows. @param hits of so many trials, which are independent; `usual` of them are expected */
export function judgeGrowth(
  sized: Sized,
  { hits, trials, usual, trust }: { hits: number; trials: number; usual: number; trust: number },
): Uncorrected {
  const share = hits / trials;
  return judged(sized, {
    effect: 'growth of the share',
    value: Math.max(0, share - usual),
    test: 'binomial, counted in users',
    // What never happened among so many in the reference may still happen.
    p: binomialTail(Math.floor(share * sized.users), sized.users, Math.max(usual, 1 / (trust + 2))),
    most: share > usual ? 'more' : 'not more',
    measures: {},
    classes: [{ label: 'share', reference: usual, live: share, low: null, high: null }],
  });
}

type Measured = Pick<Uncorrected, 'effect' | 'test' | 'p' | 'most' | 'measures' | 'classes'> & { readonly value: number };

export const judged = ({ column, events, users, threshold }: Sized, measured: Measured): Uncorrected => ({
  ...{ column, about: DRIFT_COLUMNS[column].about, reason: null, events, users, threshold },
  ...measured,
  score: measured.value / threshold,
});

/** The share of windows, this one among them, that lie as far from the reference. */
function rankAmong(value: number, drawn: readonly number[]): number {
  return (1 + drawn.reduce((count, other) => count + (other >= value - 1e-12 ? 1 : 0), 0)) / (1 + drawn.length);
}

function measuresOf(reference: Float64Array, live: Float64Array): Record<string, number> {
  const { statistic, p } = chiSquaredOfFit(reference, live);
  const measures = {
    psi: psi(reference, live),
    jensen_shannon: jensenShannon(reference, live),
    kullback_leibler: kullbackLeibler(reference, live),
    hellinger: hellinger(reference, live),
    chi_squared: statistic,
    chi_squared_p: p,
  };
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => Number.isFinite(value))); // JSON has no Infinity
}

function describeClasses({ labels, reference, referenceRows, live, liveRows, drawn }: Classes): DriftClass[] {
  return labels.map((label, at) => {
    const shares = Float64Array.from(drawn, ({ counts, rows }) => counts[at]! / Math.max(1, rows)).sort();
    const quantile = (share: number) => shares[Math.floor(share * shares.length)] ?? null;
    return { label, reference: reference[at]! / referenceRows, live: live[at]! / liveRows, low: quantile(0.025), high: quantile(0.975) };
  });
}

const meanOf = (counts: Float64Array) => sharesOf(counts).reduce((sum, share, at) => sum + share * at, 0);
const direction = (reference: number, live: number) => (live < reference ? 'lower' : 'higher');
const short = (value: number) => Number(value.toPrecision(3));
