import { z } from 'zod';
import { recordOf } from './bounded.ts';
import { movieRefSchema, userIdSchema } from './events.ts';
import { FEATURES_OF_REQUEST, ID_CHARACTERS, ROWS_OF_REQUEST } from './sizes.ts';

export const ENTITY_TYPES = ['movie', 'user'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

const featureName = z.string().min(1).max(ID_CHARACTERS).describe('`rating`, or with its view `movie_features:rating`');

export const movieParamsSchema = z.object({ id: movieRefSchema });
export const userParamsSchema = z.object({ id: userIdSchema });

/** Looked at, with its bounds, once it is known of which type it has to be. */
const ofKnownType = z.unknown().meta({ 'x-bounded-by-type': true });

const idOfKnownType = ofKnownType.meta({
  'x-bounded-by-type': true,
  anyOf: [{ type: 'integer' }, { type: 'string', minLength: 1, maxLength: ID_CHARACTERS }],
});

export const featureBatchBodySchema = z
  .strictObject({
    entity_type: z.enum(ENTITY_TYPES),
    entity_ids: z.array(idOfKnownType).min(1).max(ROWS_OF_REQUEST),
    features: z.array(featureName).min(1).max(FEATURES_OF_REQUEST),
  })
  .transform(({ entity_ids, ...body }, context) => {
    const schema = body.entity_type === 'movie' ? movieRefSchema : userIdSchema;
    const ids = entity_ids.map((given, at) => {
      const parsed = schema.safeParse(given);
      if (!parsed.success)
        context.addIssue({ code: 'custom', path: ['entity_ids', at], message: parsed.error.issues[0]?.message ?? 'no id' });
      return parsed.data ?? '';
    });
    return { ...body, entity_ids: ids };
  });

export const featurePushBodySchema = z.strictObject({
  view: z.string().min(1).max(100).describe('Feature view that the rows are of'),
  rows: recordOf(z.string().max(ID_CHARACTERS), z.array(ofKnownType).max(ROWS_OF_REQUEST), FEATURES_OF_REQUEST).describe(
    'A list of values for the join key, `event_timestamp`, each feature and, where known, `created`',
  ),
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
