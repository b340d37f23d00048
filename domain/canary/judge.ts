import { AB_METRIC_NAMES } from '../../contracts/abTests.ts';
import type { CanaryArm, CanaryLook, CanaryPlan, CanaryReport } from '../../contracts/canary.ts';
import { compareOver, type Comparison } from '../abTests/confidenceSequence.ts';
import { ratioOf, type Estimate } from '../abTests/estimates.ts';
import type { VariantSums } from '../abTests/outcomes.ts';
import { ESTIMATES } from '../abTests/report.ts';
import { sampleRatio } from '../abTests/sampleRatio.ts';
import type { HealthSums, StageSums } from './sums.ts';

/** Beside the metrics: faults, latency and the split of the users. Each has its part of alpha (Bonferroni). */
const TESTS = AB_METRIC_NAMES.length + 3;

export interface Judgement extends Pick<CanaryLook, 'reason'> {
  readonly verdict: 'wait' | 'pass' | 'roll_back';
  readonly report: CanaryReport;
}

type Terms = Pick<CanaryPlan, 'stages' | 'limits' | 'alpha' | 'max_minutes'>;

/**
 * What is to become of a rollout. However often it is asked, a version that is as good as the champion is taken back with a probability of at most alpha;
 * too few answers in time take it back too.
 * @param stages those until now, the last one is that which goes on
 * @param minutes that it was watched
 */
export function judgeStage(stages: readonly StageSums[], terms: Terms, minutes: number): Judgement {
  const alpha = terms.alpha / TESTS;
  const comparisons = AB_METRIC_NAMES.map((metric) => ({ metric, ...compareOver(stages.map(estimatesOf(metric)), { alpha }) }));
  const latency = compareOver(stages.map(latencyOf(terms.limits.latency_ratio)), { alpha });
  const harm =
    whyFaulty(stages, terms.limits.error_share, alpha) ??
    whySlow(latency, terms.limits.latency_ratio) ??
    whyWorse(comparisons) ??
    whyUneven(stages, alpha);
  const { verdict, reason } = harm === null ? howFar(stages, terms, minutes) : { verdict: 'roll_back' as const, reason: harm };
  return { verdict, reason, report: reportOf(stages.at(-1)!, minutes, comparisons, latency) };
}

const estimatesOf =
  (metric: keyof typeof ESTIMATES) =>
  ({ outcomes: { champion, canary } }: StageSums) => ({
    control: ESTIMATES[metric](champion as VariantSums),
    treatment: ESTIMATES[metric](canary as VariantSums),
  });

/** Of the champion, what the limit allows the other one. */
const latencyOf =
  (ratio: number) =>
  ({ health: { champion, canary } }: StageSums) => ({
    control: times(ratioOf(champion.durations), ratio),
    treatment: ratioOf(canary.durations),
  });
const times = ({ users, value, variancePerUser }: Estimate, factor: number): Estimate => ({
  users,
  value: value === null ? null : value * factor,
  variancePerUser: variancePerUser * factor ** 2,
});

type Bounds = Pick<Comparison, 'difference' | 'low' | 'high'>;

function whyWorse(comparisons: readonly (Bounds & { metric: string })[]): string | null {
  const worse = comparisons.find(({ high }) => high !== null && high < 0);
  return worse
    ? `${worse.metric} is worse than the champion's by ${brief(-worse.difference!)} (${brief(-worse.high!)} to ${brief(-worse.low!)})`
    : null;
}

const whySlow = ({ low, difference }: Bounds, ratio: number): string | null =>
  low !== null && low > 0
    ? `its answers take ${brief(difference!)} ms longer than ${ratio} times the champion's (at least ${brief(low)} ms)`
    : null;

function whyUneven(stages: readonly StageSums[], alpha: number): string | null {
  const isUneven = ({ share, outcomes: { champion, canary } }: StageSums) =>
    share < 1 &&
    sampleRatio([
      { name: 'champion', weight: 1 - share, users: champion.users },
      { name: 'canary', weight: share, users: canary.users },
    ]).sequentialP <
      alpha / stages.length;
  const uneven = stages.find(isUneven);
  if (!uneven) return null;
  const { share, outcomes } = uneven;
  return `${outcomes.canary.users} of ${outcomes.canary.users + outcomes.champion.users} users were answered by it, which ${percent(share)} cannot be: answers of one side are lost, and nothing else can be believed`;
}

function whyFaulty(stages: readonly StageSums[], limit: number, alpha: number): string | null {
  const canary = total(stages.map(({ health }) => health.canary));
  const champion = total(stages.map(({ health }) => health.champion));
  const usual = champion.answers > 0 ? champion.faults / champion.answers : 0;
  if (logEvidenceBeyond(usual + limit, canary) < Math.log(1 / alpha)) return null;
  return `of ${canary.answers} answers that it was to give it could not give ${canary.faults}, the champion's side ${champion.faults} of ${champion.answers}: more than ${percent(limit)} beyond`;
}

/** Shares of what is left to 1 by which a share that is too large may lie above the bound. */
const BEYOND = [1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 0.95];
const LEAST_SHARE = 1e-6;

/**
 * ln of how many times likelier the faults are under a larger share than under the bound: a mixture of likelihood ratios, which where the share is at most
 * the bound ever exceeds 1 / a with a probability of at most a (Ville 1939; Robbins 1970).
 */
export function logEvidenceBeyond(bound: number, { answers, faults }: Pick<HealthSums, 'answers' | 'faults'>): number {
  const share = Math.min(Math.max(bound, LEAST_SHARE), 0.99);
  const logs = BEYOND.map((part) => {
    const larger = share + (1 - share) * part;
    return faults * Math.log(larger / share) + (answers - faults) * Math.log((1 - larger) / (1 - share));
  });
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}

const total = (sums: readonly HealthSums[]) => ({
  answers: sums.reduce((sum, { answers }) => sum + answers, 0),
  faults: sums.reduce((sum, { faults }) => sum + faults, 0),
});

/** Where nothing speaks against it. */
function howFar(
  stages: readonly StageSums[],
  { stages: planned, max_minutes }: Terms,
  minutes: number,
): Pick<Judgement, 'verdict' | 'reason'> {
  const { min_minutes, min_answers } = planned[stages.length - 1]!;
  const { answers } = stages.at(-1)!.health.canary;
  const reason = `${brief(minutes)} of ${min_minutes} minutes, ${answers} of ${min_answers} answers`;
  if (minutes >= min_minutes && answers >= min_answers) return { verdict: 'pass', reason };
  if (minutes < max_minutes) return { verdict: 'wait', reason };
  return {
    verdict: 'roll_back',
    reason: `after ${max_minutes} minutes it has given ${answers} of ${min_answers} answers; whether the model server has it in memory is told by GET /health there`,
  };
}

function reportOf(
  { outcomes, health }: StageSums,
  minutes: number,
  comparisons: readonly (Bounds & { metric: string })[],
  slower: Bounds,
): CanaryReport {
  const arm = (of: 'champion' | 'canary'): CanaryArm => ({
    users: outcomes[of].users,
    answers: health[of].answers,
    faults: health[of].faults,
    latency_ms: ratioOf(health[of].durations).value,
  });
  return {
    minutes,
    arms: { champion: arm('champion'), canary: arm('canary') },
    comparisons: comparisons.map(({ metric, difference, low, high }) => ({ metric, difference, low, high })),
    latency: { difference_ms: slower.difference, low: slower.low, high: slower.high },
  };
}

const brief = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${brief(100 * share)} %`;
