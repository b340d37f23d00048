import { z } from 'zod';
import { orderingSchema } from './ordering.ts';
import { gateVerdictSchema } from './training.ts';

const movieIds = z.array(z.number().int());
const movie = z.object({ movie_id: z.string(), score: z.number() });

const faultsSchema = z
  .array(z.object({ model: z.string(), why: z.string() }))
  .describe(
    'Models that were to answer before the one that did, and could not: they threw, or a version that the route names is not in memory',
  );
export type ServedFault = z.infer<typeof faultsSchema>[number];

/** An answer of the model server as it is written down. */
export const servedAnswerSchema = z.object({
  recommendation_id: z.uuid(),
  variant: z.string(),
  is_shadow: z.boolean(),
  served_at: z.iso.datetime(),
  user_id: z.string().nullable(),
  route: z.string(),
  revision: z.number().int(),
  assignment: z.enum(['user', 'chance', 'operator']),
  propensity: z.number(),
  model: z.string(),
  version: z.string(),
  k: z.number().int(),
  movie_ids: movieIds,
  scores: z.array(z.number()),
  exclude_seen: z.boolean(),
  seen_from: z.string(),
  history: movieIds,
  history_length: z.number().int(),
  disliked: movieIds,
  ordering: orderingSchema.nullable(),
  duration_ms: z.number().nullable().optional().describe('From the checked request to the chosen movies; none of a shadow'),
  faults: faultsSchema.nullable().optional(),
});
export type ServedAnswer = z.infer<typeof servedAnswerSchema>;

/** CloudEvents type of an answer on `movie-recommendations`. */
export const RECOMMENDATION_SERVED = 'movie_mlops.recommendation_served';
export const recommendationServedEventSchema = z.object({
  event_id: z.uuid().describe('The recommendation_id'),
  timestamp: z.iso.datetime(),
  user_id: z.string().nullable(),
  route: z.string(),
  variant: z.string(),
  propensity: z.number(),
  model_name: z.string(),
  model_version: z.string(),
  movies: z.array(movie),
});
export type RecommendationServedEvent = z.infer<typeof recommendationServedEventSchema>;

/** What is told of one answer. */
export const recommendationTraceSchema = z.object({
  recommendation_id: z.uuid(),
  served_at: z.iso.datetime(),
  kept_until: z.iso.datetime(),
  user_id: z.string().nullable(),
  route: z.string(),
  revision: z.number().int().describe('Of the route; 0: as built in'),
  variant: z.string(),
  assignment: z.enum(['user', 'chance', 'operator']).describe('What the variant was chosen by: a hash of the user, chance, or an operator'),
  propensity: z.number().describe('Share of the users that the variant had then'),
  model: z.object({ name: z.string(), version: z.string() }),
  made_by: z
    .object({
      registry_run_id: z.string().nullable(),
      origin: z.string().nullable().describe('The pipeline run that registered the version'),
      snapshot_id: z.string().nullable(),
      data_sets: z.array(z.string()),
      gate: gateVerdictSchema.nullable(),
    })
    .nullable()
    .describe('Null where the version was deleted since, and of what trends, which nobody trained'),
  recommendations: z.array(z.object({ movie_id: z.string(), title: z.string().nullable(), score: z.number() })),
  excluded: z.object({
    seen: z.number().int().describe('Movies left out since the user had chosen or disliked them'),
    seen_from: z.string(),
  }),
  ordering: orderingSchema.nullable().describe('What filters, rules and knobs did; null where nothing did'),
  history: z.object({
    movies: z.array(z.string()).describe('What the user had chosen until then, oldest first'),
    length: z.number().int().describe('More than `movies` where only the latest were written down'),
    disliked: z.array(z.string()),
  }),
  duration_ms: z.number().nullable(),
  faults: faultsSchema,
  shadows: z.array(
    z.object({ variant: z.string(), model: z.object({ name: z.string(), version: z.string() }), recommendations: z.array(movie) }),
  ),
});
export type RecommendationTrace = z.infer<typeof recommendationTraceSchema>;
