import { z } from 'zod';
import { ID_CHARACTERS, ROWS_OF_REQUEST, RULE_MOVIES, TIME_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';
import { movieRefSchema } from './events.ts';

const genres = z.array(plainText(ID_CHARACTERS).min(1)).min(1).max(50);
const year = z.number().int().min(1870).max(2200);
const years = z
  .strictObject({ from: year.optional(), to: year.optional() })
  .refine(({ from = -Infinity, to = Infinity }) => from <= to, 'ends before it begins');
const rating = z.number().min(0.5).max(5);

/** Which movies a request may be answered with. All that is given has to hold. */
export const filterSchema = z.strictObject({
  genres: genres.optional().describe('At least one of these'),
  exclude_genres: genres.optional().describe('None of these'),
  years: years.optional().describe('A movie without a year is left out'),
  exclude_ids: z.array(movieRefSchema).max(ROWS_OF_REQUEST).optional(),
  only_ids: z.array(movieRefSchema).max(ROWS_OF_REQUEST).optional(),
});
export type Filter = z.output<typeof filterSchema>;

/** 0: by score alone; 1: each movie as unlike those before it as can be (MMR). */
export const diversitySchema = z.number().min(0).max(1);
/** 0: always the best; the larger, the more often others are shown in their place. */
export const explorationSchema = z.number().min(0).max(1);

/** Which movies a rule is about. All that is given has to hold. */
const matchSchema = z
  .strictObject({
    movie_ids: z.array(movieRefSchema).min(1).max(RULE_MOVIES).optional().describe('One of these'),
    genres: genres.optional().describe('At least one of these'),
    years: years.optional(),
    rating: z
      .strictObject({ from: rating.optional(), to: rating.optional() })
      .optional()
      .describe('Its mean rating, damped, as the champion of popularity has learnt it'),
  })
  .refine((match) => Object.keys(match).length > 0, 'names no movie: give movie_ids, genres, years or rating');
export type Match = z.output<typeof matchSchema>;

const ruleFields = {
  match: matchSchema,
  until: z.iso.datetime({ offset: true }).max(TIME_CHARACTERS).optional().describe('When it ends by itself'),
  reason: plainText(1_000).min(1).describe('Why; kept with it'),
};
export const ruleBodySchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('hide'), ...ruleFields }),
  z.strictObject({ action: z.literal('block'), ...ruleFields }),
  z.strictObject({
    action: z.literal('pin'),
    ...ruleFields,
    match: z.strictObject({ movie_ids: z.array(movieRefSchema).min(1).max(20).describe('In this order') }),
    position: z.number().int().min(1).max(20).default(1).describe('Of the first of them'),
  }),
  z.strictObject({
    action: z.literal('boost'),
    ...ruleFields,
    strength: z
      .number()
      .min(-5)
      .max(5)
      .describe('1 brings what would be the hundredth to the first place, -1 what would be the first out of the first hundred'),
  }),
]);
export type RuleBody = z.output<typeof ruleBodySchema>;

export const ruleSchema = z.object({
  rule_id: z.string(),
  action: z.enum(['hide', 'block', 'pin', 'boost']),
  match: z.record(z.string(), z.unknown()),
  position: z.number().int().nullable(),
  strength: z.number().nullable(),
  until: z.iso.datetime().nullable(),
  reason: z.string(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  removed_at: z.iso.datetime().nullable(),
  removed_by: z.string().nullable(),
  removed_reason: z.string().nullable(),
});
export type ServingRule = z.infer<typeof ruleSchema>;
export const addedRuleSchema = ruleSchema.extend({
  movies: z
    .number()
    .int()
    .nullable()
    .describe('Of the catalogue, that it is about now; null of a rule by rating, which the model server knows'),
});
export type AddedRule = z.infer<typeof addedRuleSchema>;

/** Why a movie is in an answer. */
export const movieReasonSchema = z
  .object({
    kind: z.enum(['chosen', 'popular', 'model', 'pinned']),
    movie_id: z.string().optional(),
    title: z.string().optional(),
  })
  .describe(
    '`chosen`: of what the user chose, the model finds `movie_id` most like it; `popular`: many chose it; `pinned`: an operator wants it there; `model`: what the model has learnt of the user',
  );
export type MovieReason = z.infer<typeof movieReasonSchema>;

/** What filters, rules and knobs did to an answer. */
export const orderingSchema = z.object({
  filter: z.record(z.string(), z.unknown()).optional(),
  diversity: z.number().optional(),
  exploration: z.number().optional(),
  propensities: z
    .array(z.number())
    .optional()
    .describe('Of each movie, in the order of the answer: how likely it was drawn there, those before it given; 1 of a pinned one'),
  pinned: z.array(z.string()).optional(),
  hidden: z.number().int().optional().describe('Movies that rules hid'),
});
export type Ordering = z.infer<typeof orderingSchema>;
