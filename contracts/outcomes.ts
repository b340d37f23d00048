import { z } from 'zod';
import { timeSchema } from './events.ts';
import { integerQueryOr } from './integerQuery.ts';
import { routeNameSchema } from './routes.ts';

const count = z.number().int();
const figure = z.number().nullable();

/** What became of a number of answers that were shown. A figure is null where nothing can be divided by. */
const outcomeSchema = z.object({
  answers: count.describe('That were shown'),
  shown: count.describe('Movies in them'),
  clicks: count.describe('Of these, the ones that were viewed, clicked, watched, bought, liked or rated, each once an answer'),
  clicked_answers: count.describe('Answers with such a movie'),
  converted_answers: count.describe('Answers with a movie that was liked, or rated 4 or better'),
  likes: count.describe('Movies, by the latest opinion on each'),
  dislikes: count.describe('Movies, by the latest opinion on each'),
  ratings: count.describe('Movies that were rated'),
  movies: count.describe('Different ones that were shown'),
  click_through_rate: figure.describe('clicks ÷ shown'),
  answer_click_rate: figure.describe('clicked_answers ÷ answers'),
  conversion_rate: figure.describe('converted_answers ÷ answers'),
  mean_position: figure.describe('Of the clicked movies, the first being 1'),
  mean_reciprocal_rank: figure.describe('Mean over the answers of one by the place of the best placed click; 0 of an answer without'),
  mean_rating: figure.describe('Of the latest ratings of movies that were shown; whoever rates chose to'),
  like_share: figure.describe('likes ÷ (likes + dislikes)'),
  coverage: figure.describe('movies ÷ movies of the catalogue'),
  novelty: figure.describe(
    'Mean over the movies shown of -log2 of the share of users who had chosen each (Zhou et al. 2010; Vargas and Castells 2011), in bits',
  ),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** What rows of outcomes stand for. */
const OUTCOME_GROUPS = ['version', 'route', 'variant', 'day'] as const;
export type OutcomeGroup = (typeof OUTCOME_GROUPS)[number];

/** Names of models as answers have them: those of the registry, and `trending`. */
const modelQuery = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'the name of a model, such as ease');
/** Days that may be asked for at once. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;

export const outcomesQuerySchema = z
  .strictObject({
    from: timeSchema.optional().describe('Answers of the hours that begin from then on; of the last 7 days when missing'),
    to: timeSchema.optional().describe('Answers of the hours that begin before; up to now when missing'),
    route: routeNameSchema.optional(),
    variant: routeNameSchema.optional(),
    model: modelQuery.optional(),
    by: z
      .enum(OUTCOME_GROUPS)
      .default('version')
      .describe('What a row is of: a version of a model, a route, a variant of a route, or a day (UTC)'),
    limit: integerQueryOr(100, 1, 1_000).describe('Rows, those of most answers first; of days the latest'),
  })
  .refine(({ from, to }) => Date.parse(to ?? new Date().toISOString()) - Date.parse(from ?? '2200') <= MOST_DAYS * DAY_MS, {
    path: ['from'],
    message: `at most ${MOST_DAYS} days at once`,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, { path: ['to'], message: 'must come after from' });
export type OutcomesQuery = z.output<typeof outcomesQuerySchema>;

const name = z.string().optional();
export const outcomesSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  counted_to: z.iso
    .datetime()
    .nullable()
    .describe('Whatever had arrived by then is counted, or is being counted; null before the first count'),
  attribution_days: count.describe('What is done later after an answer is not put down to it'),
  catalogue_movies: count,
  events: z
    .object({
      arrived: count,
      by_id: count.describe('Put down to the answer that they name'),
      by_time: count.describe('Put down to the latest answer to their user that had the movie'),
      late: count.describe('Too long after their answer to be put down to it'),
      unmatched: count.describe('Name an answer that is unknown, was not given to their user, or lacks the movie'),
    })
    .describe('All events that arrived in that time, whatever is asked for'),
  rows: z.array(outcomeSchema.extend({ model: name, version: name, route: name, variant: name, day: z.iso.date().optional() })),
});
export type Outcomes = z.infer<typeof outcomesSchema>;
