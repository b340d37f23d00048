import { z } from 'zod';

const count = z.number().int();
const figure = z.number().nullable();
const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** What is counted of each user who was given answers of a variant, from what they did with the movies in them within ATTRIBUTION_DAYS. */
export const AB_METRICS = {
  clicked: 'Share of users who viewed, clicked, watched, bought, liked or rated a movie that they were shown',
  click_through_rate: 'Movies that they did so with, by answers that they were given',
  liked: 'Share of users who liked such a movie, or rated it 4 or better',
  reciprocal_rank: 'One by the place of the best placed of them; 0 where there is none',
} as const;
export type AbMetric = keyof typeof AB_METRICS;
export const AB_METRIC_NAMES = Object.keys(AB_METRICS) as [AbMetric, ...AbMetric[]];
/** What a user does later is not put down to the answer. */
export const ATTRIBUTION_DAYS = 7;

const offPolicySchema = z.object({
  shadow: z.string(),
  answers: count.describe('With their propensities written down: of variants that explore'),
  effective_answers: z.number().describe('Equally weighted answers that would tell as much (Kish)'),
  ips: interval.nullable(),
  snips: interval.nullable(),
  doubts: z.array(z.string()),
});

export const abTestSchema = z.object({
  route: z.string(),
  revision: count.describe('Of the route; a change of it begins another test'),
  since: z.iso.datetime().nullable().describe('Of the first answer'),
  variants: z.array(
    z.object({
      name: z.string(),
      weight: z.number(),
      users: count,
      answers: count,
      metrics: z.record(z.enum(AB_METRIC_NAMES), figure),
      mean_rating: figure.describe('Of the ratings that were given; whoever rates chose to'),
      mean_position: figure.describe('Of the movies that something was done with'),
    }),
  ),
  sample_ratio: z.object({
    p: z.number().describe('Always valid'),
    mismatch: z.boolean().describe('The users do not fall on the variants as the weights say: nothing here is to be believed then'),
  }),
  comparisons: z.array(
    z.object({
      metric: z.enum(AB_METRIC_NAMES),
      control: z.string(),
      treatment: z.string(),
      difference: figure,
      low: figure,
      high: figure,
      p: z.number().describe('Always valid, whenever somebody looks'),
      decided: z.boolean(),
      missing: z.enum(['users', 'outcomes']).nullable(),
      lift: interval.nullable(),
    }),
  ),
  off_policy: z.array(offPolicySchema).describe('What the first movie of a shadow variant would have earned, had it been shown'),
});
export type AbTest = z.infer<typeof abTestSchema>;
