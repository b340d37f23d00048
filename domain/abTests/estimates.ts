import { invalid } from '../../contracts/failures.ts';

/** Of one number per user, such as how many movies each liked: sums over the users of a variant. */
export interface MeanSums {
  /** Everybody who was shown the variant, those without an outcome too. */
  readonly users: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Of two numbers per user, such as clicks and impressions: sums over the users of a variant. */
export interface RatioSums {
  readonly users: number;
  readonly numerators: number;
  readonly denominators: number;
  readonly numeratorSquares: number;
  readonly denominatorSquares: number;
  /** Each user's numerator times their denominator. */
  readonly products: number;
}

export interface Estimate {
  readonly users: number;
  /** null where there is nothing to divide by. */
  readonly value: number | null;
  /** The estimate's variance is this over the users. 0 with fewer than two users. */
  readonly variancePerUser: number;
}

/** A spread below a hundred-thousandth of the mean is what rounding leaves of sums. */
const ROUNDING = 1e-10;

/** @throws Failure `invalid` where no numbers have such sums */
export const meanOf = ({ users, sum, sumOfSquares }: MeanSums): Estimate =>
  ratioOf({ users, numerators: sum, denominators: users, numeratorSquares: sumOfSquares, denominatorSquares: users, products: sum });

/**
 * The ratio of two means over the same users, with its variance by the delta method (Deng, Knoblich and Lu 2018, KDD, arXiv:1803.06336, section 2): a user's
 * clicks depend on one another, so users are what is counted, not impressions.
 * @throws Failure `invalid` where no numbers have such sums
 */
export function ratioOf(sums: RatioSums): Estimate {
  checkSums(sums);
  const { users, numerators, denominators, numeratorSquares, denominatorSquares, products } = sums;
  if (denominators === 0) return { users, value: null, variancePerUser: 0 };
  const value = numerators / denominators;
  const spread = numeratorSquares - 2 * value * products + value ** 2 * denominatorSquares; // Σ (numerator - value · denominator)²
  const isRounding = spread <= ROUNDING * (numeratorSquares + value ** 2 * denominatorSquares);
  return { users, value, variancePerUser: isRounding || users < 2 ? 0 : spread / (users - 1) / (denominators / users) ** 2 };
}

function checkSums({ users, numerators, denominators, numeratorSquares, denominatorSquares, products }: RatioSums): void {
  if (!(Number.isSafeInteger(users) && users >= 0)) throw invalid('users', `are ${users}; they have to be a whole number of 0 or more`);
  const given = { numerators, denominators, numeratorSquares, denominatorSquares, products };
  const wrong = Object.entries(given).find(([, sum]) => !Number.isFinite(sum));
  if (wrong) throw invalid('sums', `have ${wrong[0]} of ${wrong[1]}; they have to be finite`);
  // Cauchy and Schwarz: what breaks this are no sums over these users, but of rows, or of other days.
  const holds =
    isWithin(numerators, users, numeratorSquares) &&
    isWithin(denominators, users, denominatorSquares) &&
    isWithin(products, numeratorSquares, denominatorSquares);
  if (!holds) throw invalid('sums', `of ${users} users cannot be ${JSON.stringify(given)}: no numbers have them`);
}

/** Below this, squares vanish in a float. */
const VANISHING = 1e-150;
/** Whether |x| ≤ √(a b), but for rounding. */
const isWithin = (x: number, a: number, b: number): boolean =>
  a >= 0 && b >= 0 && Math.abs(x) <= Math.sqrt(a) * Math.sqrt(b) * (1 + ROUNDING) + VANISHING;
