import type { Estimate } from './estimates.ts';

export interface Comparison {
  /** The treatment's value less the control's; null where one has none. */
  readonly difference: number | null;
  /** Always valid: with a probability of at least 1 - alpha the true difference is inside at every look. null where no bound can be given yet. */
  readonly low: number | null;
  readonly high: number | null;
  /** Always valid: without a difference it falls below any a, at some look, with a probability of at most a. */
  readonly p: number;
  /** Whether the interval leaves out 0. */
  readonly decided: boolean;
  /** What more there has to be before a bound can be given: users of either variant, or outcomes that are not all alike. */
  readonly missing: 'users' | 'outcomes' | null;
  /** The difference as a share of the control's value, always valid too; null while the control's value cannot be told from 0. */
  readonly lift: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface ComparisonSettings {
  /** Probability of ever finding a difference where there is none. Divide it by the comparisons where there are several (Bonferroni). */
  readonly alpha: number;
}

/** Users of each variant before which a variance that is estimated from them says little. */
export const FEWEST_USERS = 50;
/** Users of both variants at which the interval is the tightest it can be; it has to be known before the first look. See docs/decisions/always-valid-intervals.md. */
const TIGHTEST_AT = 2_000;
const TUNING_ALPHA = 0.05;
/** The variance of the mixture, in variances per user (Waudby-Smith et al. 2021, on tuning ρ). */
const RHO_SQUARED = (-2 * Math.log(TUNING_ALPHA) + Math.log(-2 * Math.log(TUNING_ALPHA)) + 1) / TIGHTEST_AT;

/**
 * The difference of two variants with an interval that stays true however often somebody looks, and whenever they stop: the asymptotic confidence sequence of
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021 (arXiv:2103.06476), which is the mixture test of Johari, Pekelis and Walsh 2015
 * (arXiv:1512.04922) with a mixture as wide as the data. Users have to be split as at the start; weights that change begin another test.
 */
export function compareVariants(control: Estimate, treatment: Estimate, { alpha }: ComparisonSettings): Comparison {
  const undecided = { low: null, high: null, p: 1, decided: false, lift: null };
  if (control.value === null || treatment.value === null) return { ...undecided, difference: null, missing: 'users' };
  const difference = treatment.value - control.value;
  if (Math.min(control.users, treatment.users) < FEWEST_USERS) return { ...undecided, difference, missing: 'users' };
  const variances = variancesOf(control, treatment);
  const variance = variances.control + variances.treatment;
  if (variance === 0) return { ...undecided, difference, missing: 'outcomes' };
  const users = control.users + treatment.users;
  const width = squaredWidth(users, alpha);
  const p = alwaysValidP(difference ** 2 / variance, users);
  return {
    difference,
    ...boundsOf(difference, width * variance),
    p,
    decided: p < alpha,
    missing: null,
    lift: liftOf(control.value, treatment.value, variances, width),
  };
}

/** A stretch of time in which users were split in one way. */
export interface Stretch {
  readonly control: Estimate;
  readonly treatment: Estimate;
}

/**
 * The same over stretches of time in each of which the split was another one. Each is compared within itself, for what differs between them, such as outcomes
 * that are still to come of the latest answers, would else be put down to the variant that has more of them; then the differences are weighed by how many
 * users, split in half, tell as much. Those with few users of either variant are passed over.
 */
export function compareOver(stretches: readonly Stretch[], { alpha }: ComparisonSettings): Omit<Comparison, 'lift'> {
  const undecided = { low: null, high: null, p: 1, decided: false };
  const each = stretches.flatMap(({ control, treatment }) => {
    if (control.value === null || treatment.value === null || Math.min(control.users, treatment.users) < FEWEST_USERS) return [];
    const variances = variancesOf(control, treatment);
    const weight = (control.users * treatment.users) / (control.users + treatment.users);
    return [{ weight, difference: treatment.value - control.value, variance: variances.control + variances.treatment }];
  });
  if (each.length === 0) return { ...undecided, difference: null, missing: 'users' };
  const total = each.reduce((sum, { weight }) => sum + weight, 0);
  const difference = each.reduce((sum, one) => sum + one.weight * one.difference, 0) / total;
  const variance = each.reduce((sum, one) => sum + one.weight ** 2 * one.variance, 0) / total ** 2;
  if (variance === 0) return { ...undecided, difference, missing: 'outcomes' };
  const users = 4 * total; // of a half each, as many tell as much
  const p = alwaysValidP(difference ** 2 / variance, users);
  return { difference, ...boundsOf(difference, squaredWidth(users, alpha) * variance), p, decided: p < alpha, missing: null };
}

const boundsOf = (middle: number, squaredMargin: number) => ({
  low: middle - Math.sqrt(squaredMargin),
  high: middle + Math.sqrt(squaredMargin),
});

/** The always-valid interval's half width squared, in variances of the estimate. @param users independent units that the estimate is of */
export function squaredWidth(users: number, alpha: number): number {
  const information = users * RHO_SQUARED;
  return ((information + 1) / information) * Math.log((information + 1) / alpha ** 2);
}

/** The alpha at which the interval would touch 0. @param zSquared the difference in standard errors, squared */
function alwaysValidP(zSquared: number, users: number): number {
  const information = users * RHO_SQUARED;
  return Math.min(1, Math.sqrt(information + 1) * Math.exp((-zSquared / 2) * (information / (information + 1))));
}

interface Variances {
  readonly control: number;
  readonly treatment: number;
}

/**
 * Of the two values: Welch's, or pooled, whichever gives the larger sum. A small variant in which nobody has clicked yet has a variance of 0 by itself, and
 * its difference from a large one would be taken for certain: up to half of the tests of a rare outcome, split 95 to 5, would find what is not there.
 */
function variancesOf(control: Estimate, treatment: Estimate): Variances {
  const own = { control: control.variancePerUser / control.users, treatment: treatment.variancePerUser / treatment.users };
  const [a, b] = [control.users - 1, treatment.users - 1];
  const perUser = (control.variancePerUser * a + treatment.variancePerUser * b) / (a + b);
  const pooled = { control: perUser / control.users, treatment: perUser / treatment.users };
  return own.control + own.treatment >= pooled.control + pooled.treatment ? own : pooled;
}

/** All lifts r - 1 at which treatment - r · control cannot be told from 0 (Fieller 1954); the interval leaves out 0 just where that of the difference does. */
function liftOf(control: number, treatment: number, variances: Variances, width: number): Comparison['lift'] {
  const clearOfZero = control ** 2 - width * variances.control;
  if (clearOfZero <= 0) return null;
  const middle = (control * treatment) / clearOfZero - 1;
  const margin = Math.sqrt(width * (variances.treatment * clearOfZero + treatment ** 2 * variances.control)) / clearOfZero;
  return { value: treatment / control - 1, low: middle - margin, high: middle + margin };
}
