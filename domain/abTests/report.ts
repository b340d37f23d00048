import { AB_METRIC_NAMES, type AbMetric, type AbTest } from '../../contracts/abTests.ts';
import type { ServedRoute } from '../../contracts/routes.ts';
import type { Database } from '../../platform/postgres.ts';
import { compareVariants } from './confidenceSequence.ts';
import { meanOf, ratioOf, type Estimate } from './estimates.ts';
import { createOffPolicyEstimator, type RewardEstimate } from './offPolicy.ts';
import { listLogged, sumOutcomes, type VariantSums } from './outcomes.ts';
import { sampleRatio } from './sampleRatio.ts';

/** Of finding any difference of a test where there is none; each comparison has its share of it (Bonferroni). */
const ALPHA = 0.05;

export const ESTIMATES: Readonly<Record<AbMetric, (sums: VariantSums) => Estimate>> = {
  clicked: ({ users, clicked }) => meanOf({ users, sum: clicked, sumOfSquares: clicked }),
  click_through_rate: ({ users, clicks, answers, click_squares, answer_squares, clicks_by_answers }) =>
    ratioOf({
      ...{ users, numerators: clicks, denominators: answers },
      ...{ numeratorSquares: click_squares, denominatorSquares: answer_squares, products: clicks_by_answers },
    }),
  liked: ({ users, liked }) => meanOf({ users, sum: liked, sumOfSquares: liked }),
  reciprocal_rank: ({ users, ranks, rank_squares }) => meanOf({ users, sum: ranks, sumOfSquares: rank_squares }),
};

/** Sums of a variant that nobody was given an answer of. */
export const NOBODY = {
  ...{
    users: 0,
    answers: 0,
    answer_squares: 0,
    clicks: 0,
    click_squares: 0,
    clicks_by_answers: 0,
    clicked: 0,
    liked: 0,
    ranks: 0,
    rank_squares: 0,
  },
  ...{ mean_rating: null, mean_position: null, since: null },
};

/** How the variants of a route do since its last change; the first one is what the others are compared with. */
export async function reportAbTest(db: Database, route: ServedRoute): Promise<AbTest> {
  const sums = await sumOutcomes(db, route.route, [route.revision]);
  const counted = route.variants.map(({ name, weight }) => ({ name, weight, ...(sums.find(({ variant }) => variant === name) ?? NOBODY) }));
  const estimates = counted.map((one) => mapMetrics((metric) => ESTIMATES[metric](one as unknown as VariantSums)));
  const [control, ...treatments] = counted.map(({ name }, at) => ({ name, of: estimates[at]! }));
  const alpha = ALPHA / Math.max(1, treatments.length * AB_METRIC_NAMES.length);
  const { sequentialP, mismatch } = sampleRatio(counted);
  const firsts = sums.map(({ since }) => since.getTime());
  return {
    route: route.route,
    revision: route.revision,
    since: firsts.length > 0 ? new Date(Math.min(...firsts)).toISOString() : null,
    variants: counted.map(({ name, weight, users, answers, mean_rating, mean_position }, at) => ({
      ...{ name, weight, users, answers, mean_rating, mean_position },
      metrics: mapMetrics((metric) => estimates[at]![metric].value),
    })),
    sample_ratio: { p: sequentialP, mismatch },
    comparisons: treatments.flatMap((treatment) =>
      AB_METRIC_NAMES.map((metric) => ({
        metric,
        control: control!.name,
        treatment: treatment.name,
        ...compareVariants(control!.of[metric], treatment.of[metric], { alpha }),
      })),
    ),
    off_policy: await Promise.all(route.shadows.map(({ name }) => estimateShadow(db, route, name))),
  };
}

const mapMetrics = <T>(of: (metric: AbMetric) => T) =>
  Object.fromEntries(AB_METRIC_NAMES.map((metric) => [metric, of(metric)])) as Record<AbMetric, T>;

async function estimateShadow(db: Database, { route, revision }: ServedRoute, shadow: string): Promise<AbTest['off_policy'][number]> {
  const estimator = createOffPolicyEstimator({ alpha: ALPHA });
  for (const logged of await listLogged(db, { route, revision, shadow })) estimator.add(logged);
  const { answers, effectiveAnswers, ips, snips, doubts } = estimator.estimate();
  return {
    shadow,
    answers,
    effective_answers: effectiveAnswers,
    ips: ips && shown(ips),
    snips: snips && shown(snips),
    doubts: [...doubts],
  };
}

const shown = ({ value, low, high }: RewardEstimate) => ({ value, low, high });
