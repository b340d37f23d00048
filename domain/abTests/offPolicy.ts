import { invalid } from '../../contracts/failures.ts';
import { FEWEST_USERS, squaredWidth } from './confidenceSequence.ts';
import { ratioOf, type Estimate, type RatioSums } from './estimates.ts';

/** One answer that was shown, and what came of it. */
export interface LoggedAnswer {
  readonly user: string;
  /** The probability with which it was shown: above 0, at most 1. */
  readonly loggedPropensity: number;
  /** The probability with which the new variant would have shown the same to the same user: 0 to 1. */
  readonly newPropensity: number;
  readonly reward: number;
}

export interface OffPolicySettings {
  /** Probability with which the always-valid intervals ever leave out the truth. */
  readonly alpha: number;
  /** Most that one answer weighs, above 0: less variance, and a bias towards what is shown now (Ionides 2008, truncated importance sampling). */
  readonly clip?: number;
}

export interface OffPolicyEstimate {
  readonly answers: number;
  readonly users: number;
  readonly clipped: number;
  /** Equally weighted answers, and users, that would tell as much as these do: (Σ w)² / Σ w² (Kish 1965). */
  readonly effectiveAnswers: number;
  readonly effectiveUsers: number;
  /** Before clipping; about 1 where the log holds all that the new variant would show. */
  readonly meanWeight: number | null;
  /** Mean reward by inverse propensity: Σ w r / n (Horvitz and Thompson 1952). Unbiased without a clip. */
  readonly ips: RewardEstimate | null;
  /** Self-normalised: Σ w r / Σ w (Swaminathan and Joachims 2015, NIPS). Never outside the rewards that were seen. */
  readonly snips: RewardEstimate | null;
  /** Why the figures are not to be trusted, each in words; none where they are. */
  readonly doubts: readonly string[];
}

export interface RewardEstimate {
  readonly value: number;
  readonly standardError: number;
  /** Always valid: see compareVariants. */
  readonly low: number;
  readonly high: number;
}

/** Effective answers and users below which one lucky answer may be all that an estimate says. */
const FEWEST_EFFECTIVE = 100;
/** What a quotient of two propensities that are the same may be off 1. */
const ROUNDING = 1e-9;

/**
 * What a variant that was not shown yet would have earned, from a log of what another one showed by chance. Takes one answer at a time and keeps only sums.
 * All answers of a user have to come one after another: they depend on one another, so users are what the standard errors count.
 * @throws Failure `invalid` where the clip is not above 0
 */
export function createOffPolicyEstimator({ alpha, clip = Infinity }: OffPolicySettings) {
  if (!(clip > 0)) throw invalid('clip', `is ${clip}; it has to be above 0`);
  const [ips, snips, weights] = [createRatioSums(), createRatioSums(), createRatioSums()];
  let [answers, clipped, sumOfSquares] = [0, 0, 0];
  let current = newUser(undefined);

  const endUser = () => {
    if (current.answers === 0) return;
    ips.add(current.weightedReward, current.answers);
    snips.add(current.weightedReward, current.weight);
    weights.add(current.unclipped, current.answers);
    current = newUser(undefined);
  };

  return {
    /** @throws Failure `invalid` where a propensity or the reward cannot be */
    add(answer: LoggedAnswer): void {
      const unclipped = weightOf(answer);
      if (answer.user !== current.user) {
        endUser();
        current = newUser(answer.user);
      }
      const weight = Math.min(unclipped, clip);
      answers += 1;
      clipped += weight < unclipped ? 1 : 0;
      sumOfSquares += weight ** 2;
      current.answers += 1;
      current.unclipped += unclipped;
      current.weight += weight;
      current.weightedReward += weight * answer.reward;
    },

    /** From all answers until now; the last user's have to be complete. */
    estimate(): OffPolicyEstimate {
      endUser();
      const { denominators: weight, denominatorSquares: userSquares } = snips.sums;
      const size = {
        answers,
        users: ips.sums.users,
        effectiveAnswers: sumOfSquares > 0 ? weight ** 2 / sumOfSquares : 0,
        effectiveUsers: userSquares > 0 ? weight ** 2 / userSquares : 0,
      };
      const meanWeight = intervalOf(ratioOf(weights.sums), alpha);
      const selfNormalised = intervalOf(ratioOf(snips.sums), alpha);
      return {
        ...size,
        clipped,
        meanWeight: meanWeight?.value ?? null,
        ips: intervalOf(ratioOf(ips.sums), alpha),
        snips: selfNormalised,
        doubts: doubtsOf(size, meanWeight, selfNormalised),
      };
    },
  };
}

const newUser = (user: string | undefined) => ({ user, answers: 0, unclipped: 0, weight: 0, weightedReward: 0 });

function weightOf({ loggedPropensity, newPropensity, reward }: LoggedAnswer): number {
  if (!(loggedPropensity > 0 && loggedPropensity <= 1))
    throw invalid('logged_propensity', `is ${loggedPropensity}; what was shown had a probability above 0 and of at most 1`);
  if (!(newPropensity >= 0 && newPropensity <= 1)) throw invalid('new_propensity', `is ${newPropensity}; a probability is from 0 to 1`);
  if (!Number.isFinite(reward)) throw invalid('reward', `is ${reward}; it has to be finite`);
  return newPropensity / loggedPropensity;
}

function createRatioSums() {
  const sums = { users: 0, numerators: 0, denominators: 0, numeratorSquares: 0, denominatorSquares: 0, products: 0 };
  const add = (numerator: number, denominator: number) => {
    sums.users += 1;
    sums.numerators += numerator;
    sums.denominators += denominator;
    sums.numeratorSquares += numerator ** 2;
    sums.denominatorSquares += denominator ** 2;
    sums.products += numerator * denominator;
  };
  return { sums: sums as RatioSums, add };
}

function intervalOf({ users, value, variancePerUser }: Estimate, alpha: number): RewardEstimate | null {
  if (value === null) return null;
  const standardError = Math.sqrt(variancePerUser / users);
  const margin = Math.sqrt(squaredWidth(users, alpha)) * standardError;
  return { value, standardError, low: value - margin, high: value + margin };
}

type Size = Pick<OffPolicyEstimate, 'answers' | 'users' | 'effectiveAnswers' | 'effectiveUsers'>;

function doubtsOf(
  { answers, users, effectiveAnswers, effectiveUsers }: Size,
  meanWeight: RewardEstimate | null,
  snips: RewardEstimate | null,
): string[] {
  const doubts: string[] = [];
  if (users < FEWEST_USERS) doubts.push(`the log has ${users} users; at least ${FEWEST_USERS} are needed for a standard error`);
  if (effectiveAnswers < FEWEST_EFFECTIVE)
    doubts.push(
      `${answers} answers say as much as ${effectiveAnswers.toFixed(1)} would by themselves; at least ${FEWEST_EFFECTIVE} are needed`,
    );
  if (effectiveUsers < FEWEST_EFFECTIVE)
    doubts.push(`${users} users say as much as ${effectiveUsers.toFixed(1)} would by themselves; at least ${FEWEST_EFFECTIVE} are needed`);
  if (snips?.standardError === 0) doubts.push('all rewards are the same, so that nothing tells how far off the figures are');
  if (meanWeight && (meanWeight.low > 1 + ROUNDING || meanWeight.high < 1 - ROUNDING))
    doubts.push(
      `the weights have a mean of ${meanWeight.value.toFixed(3)}, not 1: the log lacks what the new variant would show, or was not served by these propensities`,
    );
  return doubts;
}
