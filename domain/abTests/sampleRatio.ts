import { invalid } from '../../contracts/failures.ts';
import { propensities, type WeightedVariant } from './assignment.ts';
import { chiSquaredTail, stirlingRemainder } from './specialFunctions.ts';

export interface CountedVariant extends WeightedVariant {
  /** Distinct users who were shown it; a safe integer. */
  readonly users: number;
}

export interface SampleRatio {
  /** By the weights, in the given order. */
  readonly expected: readonly number[];
  /** Of the chi-squared test, right for somebody who looks once. */
  readonly chiSquaredP: number;
  /** Always valid: however often somebody looks, it falls below any a with a probability of at most a where the weights are kept. */
  readonly sequentialP: number;
  /** Whether the counts cannot be the weights'; then nothing that the test says of its variants is to be believed. */
  readonly mismatch: boolean;
}

/** At most so many sound tests are ever called mismatched. Low, for it puts a whole test in doubt (Fabijan et al. 2019, KDD). */
const ALPHA = 0.01;
/**
 * How near the weights a broken split is thought to lie: as far off as so many users are by chance. Between 30 and 10,000 this is the one that finds both
 * 600 users at 60 to 40 and 10,000 at 52 to 48 about as soon as the best for each.
 */
const CONCENTRATION = 300;

/**
 * Whether the variants have the users that their weights give them (sample-ratio mismatch), by Pearson's chi-squared test and by the sequential test of
 * Lindon and Malek 2022 (NeurIPS, arXiv:2011.03567): a multinomial with the shares of the weights against one whose shares have a Dirichlet prior around them.
 * The weights have to have been the same since the first user.
 * @throws Failure `invalid` where a count is no safe integer of 0 or more, or the weights are not as `propensities` has them
 */
export function sampleRatio(variants: readonly CountedVariant[]): SampleRatio {
  const shares = propensities(variants);
  const wrong = variants.find(({ users }) => !(Number.isSafeInteger(users) && users >= 0));
  if (wrong) throw invalid('users', `of variant ${wrong.name} are ${wrong.users}; they have to be a whole number of 0 or more`);
  const total = variants.reduce((sum, { users }) => sum + users, 0);
  const expected = shares.map((share) => share * total);
  // Nobody can fall on a variant that has no weight: a user there is proof.
  if (variants.some(({ users, weight }) => weight === 0 && users > 0)) return { expected, chiSquaredP: 0, sequentialP: 0, mismatch: true };
  const cells = variants.flatMap(({ users }, nth) => (shares[nth]! > 0 ? [{ users, share: shares[nth]! }] : []));
  const sequentialP = Math.min(1, Math.exp(-logBayesFactor(cells)));
  return { expected, chiSquaredP: chiSquaredP(cells, total), sequentialP, mismatch: sequentialP < ALPHA };
}

interface Cell {
  readonly users: number;
  readonly share: number;
}

function chiSquaredP(cells: readonly Cell[], total: number): number {
  if (total === 0 || cells.length === 1) return 1;
  const statistic = cells.reduce((sum, { users, share }) => sum + (users - share * total) ** 2 / (share * total), 0);
  return chiSquaredTail(statistic, cells.length - 1);
}

/**
 * ln of Γ(A) / Γ(A + n) · Π Γ(aᵢ + nᵢ) / Γ(aᵢ) / θᵢ^nᵢ, with prior counts aᵢ = A θᵢ. Written as what n users give less what none give, by Stirling's formula:
 * the large terms then cancel before they are rounded, and a million million users keep six digits.
 */
function logBayesFactor(cells: readonly Cell[]): number {
  const none = cells.map(({ share }) => ({ count: CONCENTRATION * share, share }));
  return logEvidence(cells.map(({ users }, nth) => ({ count: none[nth]!.count + users, share: none[nth]!.share }))) - logEvidence(none);
}

/** ln of Π Γ(cᵢ) / θᵢ^cᵢ / Γ(Σ cᵢ), but for what does not depend on the counts. */
function logEvidence(cells: readonly { readonly count: number; readonly share: number }[]): number {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  const ofTotal = stirlingRemainder(total) - Math.log(total) / 2;
  return cells.reduce((sum, { count, share }) => {
    const off = (count - share * total) / (share * total);
    return sum + count * Math.log1p(off) - Math.log(count) / 2 + stirlingRemainder(count);
  }, -ofTotal);
}
