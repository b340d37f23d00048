import { z } from 'zod';
import { movieIdSchema, userIdSchema } from './events.ts';

export const ENTITY_TYPES = ['movie', 'user'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

const MAX_ENTITIES = 10_000;
const MAX_FEATURES = 200;
const featureName = z.string().min(1).max(200).describe('`rating`, or with its view `movie_features:rating`');

export const movieParamsSchema = z.object({ id: movieIdSchema });
export const userParamsSchema = z.object({ id: userIdSchema });

export const featureBatchBodySchema = z
  .object({
    entity_type: z.enum(ENTITY_TYPES),
    entity_ids: z.array(z.unknown()).min(1).max(MAX_ENTITIES),
    features: z.array(featureName).min(1).max(MAX_FEATURES),
  })
  .transform(({ entity_ids, ...body }, context) => {
    const schema = body.entity_type === 'movie' ? movieIdSchema : userIdSchema;
    const ids = entity_ids.map((given, at) => {
      const parsed = schema.safeParse(given);
      if (!parsed.success)
        context.addIssue({ code: 'custom', path: ['entity_ids', at], message: parsed.error.issues[0]?.message ?? 'no id' });
      return parsed.data ?? '';
    });
    return { ...body, entity_ids: ids };
  });

export const featurePushBodySchema = z.object({
  view: z.string().min(1).max(100).describe('Feature view that the rows are of'),
  rows: z
    .record(z.string(), z.array(z.unknown()))
    .describe('A list of values for the join key, `event_timestamp`, each feature and, where known, `created`'),
  to: z.enum(['online', 'offline', 'online_and_offline']).default('online'),
});

const value = z.union([z.number(), z.string(), z.boolean(), z.array(z.union([z.number(), z.string()]))]).nullable();
const status = z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']);

export const entityFeaturesSchema = z.object({
  entity_type: z.enum(ENTITY_TYPES),
  entity_id: z.string(),
  features: z.record(z.string(), value).describe('null where the status is not PRESENT'),
  statuses: z.record(z.string(), status),
  event_timestamps: z
    .record(z.string(), z.iso.datetime().nullable())
    .describe('From when the values hold, by view; null where there are none'),
});
export type EntityFeatures = z.infer<typeof entityFeaturesSchema>;

export const featureBatchSchema = z.object({
  entity_type: z.enum(ENTITY_TYPES),
  features: z.array(z.string()),
  results: z.array(entityFeaturesSchema.omit({ entity_type: true })),
});

export const featurePushedSchema = z.object({ view: z.string(), rows: z.number().int(), to: z.string() });
