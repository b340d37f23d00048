import { z } from 'zod';
import { movieRefSchema } from './events.ts';

/** How a movie of 100K, whose ids are its own, came by its id in the catalogue. */
export const TITLE_RULES = ['title_and_year', 'year_one_off', 'part_of_title', 'by_hand', 'none'] as const;
const ruleSchema = z.enum(TITLE_RULES);
export type TitleRule = z.infer<typeof ruleSchema>;

export const titleMatchSchema = z.object({
  external_id: z.string().describe("The movie's id in 100K"),
  movie_id: z.string(),
  title: z.string().describe('As the catalogue has it'),
  release_year: z.number().int().nullable(),
  matched_by: ruleSchema.describe('`none`: no movie of the catalogue fits, so that it has an id of its own'),
});
export type TitleMatch = z.infer<typeof titleMatchSchema>;

export const titleMatchesQuerySchema = z.strictObject({ matched_by: ruleSchema.optional() });
export const titleParamsSchema = z.strictObject({ external_id: z.string().regex(/^[1-9]\d{0,5}$/, 'an id of 100K') });

/** What somebody decides of a match. */
export const titleDecisionSchema = z.strictObject({
  movie_id: movieRefSchema.nullable().describe('Of the catalogue; null: none of it, so that the movie has an id of its own'),
});
export const decidedTitleSchema = z.object({
  external_id: z.string(),
  movie_id: z.string().nullable(),
  note: z.string().describe('What makes it hold'),
});
export type DecidedTitle = z.infer<typeof decidedTitleSchema>;
