import { z } from 'zod';
import { movieRefSchema, userIdSchema } from './events.ts';
import { integerQueryOr } from './integerQuery.ts';
import { diversitySchema, filterSchema, movieReasonSchema } from './ordering.ts';
import { DEFAULT_ROUTE, routeNameSchema } from './routes.ts';
import { MOVIES_OF_BATCH, ROWS_OF_REQUEST, USERS_OF_REQUEST } from './sizes.ts';

const MAX_K = 500;
const k = z.number().int().min(1).max(MAX_K);
/** k from a query string. */
export const kQuerySchema = integerQueryOr(10, 1, MAX_K);

/** Which model and version answered. */
export const answeredBySchema = z.object({ name: z.string(), version: z.string() });
export type AnsweredBy = z.infer<typeof answeredBySchema>;

const ownId = z.string().optional().describe('Of an own movie: `source:external_id`');
export const scoredMovieSchema = z.object({ movie_id: z.string(), own_id: ownId, score: z.number() });
export type ScoredMovie = z.infer<typeof scoredMovieSchema>;

const route = routeNameSchema.default(DEFAULT_ROUTE).describe('Which models answer');
/** A variant of the route in place of the user's own. */
export const variantQuerySchema = routeNameSchema.optional().describe("In place of the user's own; for operators");

/** The route and the variant of it that answered. */
const answeredOn = { route: z.string(), variant: z.string(), model: answeredBySchema };

export const predictBodySchema = z.strictObject({
  user_id: userIdSchema,
  movie_ids: z.array(movieRefSchema).min(1).max(ROWS_OF_REQUEST),
  route,
  variant: variantQuerySchema,
});
export type PredictBody = z.infer<typeof predictBodySchema>;
export const predictAnswerSchema = z.object({
  user_id: z.string(),
  ...answeredOn,
  predictions: z.array(scoredMovieSchema),
  unknown_movie_ids: z.array(z.string()).describe('Asked for, in the words of whoever asked, but the model has never met them'),
});
export type PredictAnswer = z.infer<typeof predictAnswerSchema>;

export const recommendBodySchema = z.strictObject({
  user_id: userIdSchema.nullable().default(null).describe('Nobody in particular when missing'),
  k: k.default(10),
  exclude_seen: z.boolean().default(true),
  filter: filterSchema.optional(),
  diversity: diversitySchema.optional().describe("In place of the variant's: 0 by score alone, 1 as unlike as can be"),
  explain: z.boolean().default(false).describe('Say of each movie why it is there'),
  route,
  variant: variantQuerySchema,
});
export type RecommendBody = z.infer<typeof recommendBodySchema>;
/** What one user is recommended, for many: each has an answer as if they had asked alone. */
export const recommendBatchBodySchema = z
  .strictObject(recommendBodySchema.shape)
  .omit({ user_id: true })
  .extend({ user_ids: z.array(userIdSchema).min(1).max(USERS_OF_REQUEST) })
  .refine(({ user_ids, k: each }) => user_ids.length * each <= MOVIES_OF_BATCH, {
    message: `users times k are at most ${MOVIES_OF_BATCH}`,
    path: ['k'],
  });

/** Names one answer; what is known of it is told by `GET /api/v1/recommendations/:recommendation_id`. */
const recommendationId = z.uuid();
export const recommendAnswerSchema = z.object({
  recommendation_id: recommendationId,
  user_id: z.string().nullable(),
  ...answeredOn,
  recommendations: z.array(scoredMovieSchema.extend({ reason: movieReasonSchema.optional() })),
  seen_from: z
    .enum(['database', 'memory', 'unavailable', 'not_asked'])
    .describe('Where what the user has seen was read; `memory` while the database is away'),
});
export type RecommendAnswer = z.infer<typeof recommendAnswerSchema>;

export const similarBodySchema = z.strictObject({
  movie_id: movieRefSchema,
  k: k.default(10).describe('Fewer where fewer are alike at all'),
  route,
  variant: variantQuerySchema.describe('Of its models alone; for operators'),
});
/** By the id of the catalogue; `called` is what the caller wrote. */
export type SimilarAsked = z.infer<typeof similarBodySchema> & { readonly called?: string };
export const similarAnswerSchema = z.object({
  movie_id: z.string(),
  own_id: ownId,
  route: z.string(),
  model: answeredBySchema,
  similar: z.array(scoredMovieSchema),
});
export type SimilarAnswer = z.infer<typeof similarAnswerSchema>;

/** What the API answers: the model server's choice, with titles. */
const recommendationSchema = z.object({
  movie_id: z.string(),
  own_id: ownId,
  title: z.string(),
  genres: z.array(z.string()),
  release_year: z.number().int().nullable(),
  poster_url: z.string().nullable().describe('Where TMDB has one'),
  score: z.number(),
  reason: movieReasonSchema.optional(),
});
export const recommendationsAnswerSchema = z.object({
  recommendation_id: recommendationId,
  user_id: z.string().nullable(),
  ...answeredOn,
  recommendations: z.array(recommendationSchema),
  attribution: z.string().optional().describe('To be shown with it, where a title is from TMDB'),
});
