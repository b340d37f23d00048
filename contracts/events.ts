import { z } from 'zod';
import { modelKindSchema } from './models.ts';

/** Kafka topics of the platform, with their partitions. A topic that is consumed has a dead-letter twin. */
export const TOPICS = {
  'movie-recommendations': { partitions: 3, consumed: false },
  'user-events': { partitions: 3, consumed: true },
  'model-drift-alerts': { partitions: 1, consumed: true },
  'system-health': { partitions: 2, consumed: false },
} as const;
export type Topic = keyof typeof TOPICS;

export const deadLetterTopic = (topic: string): string => `${topic}-dlt`;

/** A movie's catalogue id: `41`, `"41"` and `"movie_041"` all name movie 41. */
export const movieIdSchema = z
  .union([
    z.number().int().min(1).max(2_147_483_647),
    z.string().regex(/^(movie_)?0*[1-9]\d{0,9}$/, 'a movie id such as 41, "41" or "movie_041"'),
  ])
  .transform((id) =>
    String(id)
      .replace(/^movie_/, '')
      .replace(/^0+/, ''),
  )
  .refine((id) => Number(id) <= 2_147_483_647, 'at most 2147483647');

/** Opaque: `user_1` and `1` are two users. Numbers are accepted and turned into strings. */
export const userIdSchema = z
  .union([z.number().int().min(0), z.string().min(1).max(200)])
  .transform(String)
  .refine((id) => !/[\u0000-\u001f\u007f]/.test(id), 'no control characters');

export const INTERACTION_TYPES = ['view', 'click', 'watch', 'like', 'dislike', 'rating', 'purchase'] as const;

const eventId = z.uuid().optional().describe('Send the same id again to retry safely; made when missing');
const occurredAt = z.iso.datetime({ offset: true, local: true }).optional().describe('When it happened; now when missing');

export const userInteractionBodySchema = z.object({
  event_id: eventId,
  user_id: userIdSchema,
  movie_id: movieIdSchema,
  interaction_type: z.enum(INTERACTION_TYPES),
  rating: z.number().min(0.5).max(5).optional(),
  session_id: z.string().max(200).optional(),
  timestamp: occurredAt,
});

export const driftAlertBodySchema = z
  .object({
    event_id: eventId,
    model_name: modelKindSchema,
    model_version: z.string().max(100).optional(),
    drift_score: z.number().min(0),
    threshold: z.number().gt(0),
    metrics: z.record(z.string(), z.number()).optional(),
    timestamp: occurredAt,
  })
  .refine((alert) => alert.drift_score >= alert.threshold, {
    path: ['drift_score'],
    message: 'is below the threshold, so there is no drift to act on',
  });

/** On the topic every event has its id and time. */
export const userInteractionEventSchema = userInteractionBodySchema.required({ event_id: true, timestamp: true });
export type UserInteractionEvent = z.infer<typeof userInteractionEventSchema>;

export const driftAlertEventSchema = driftAlertBodySchema.safeExtend({
  event_id: z.uuid(),
  timestamp: z.iso.datetime({ offset: true, local: true }),
});
export type DriftAlertEvent = z.infer<typeof driftAlertEventSchema>;

export const eventAcceptedSchema = z.object({ event_id: z.uuid(), status: z.literal('accepted') });

/** What `driftRetrain` starts from; it continues as new with what is still pending. */
export interface DriftRetrainInput {
  model_name: z.infer<typeof modelKindSchema>;
  debounce_ms: number;
  cool_down_ms: number;
  /** Alerts carried over a continue-as-new. */
  pending?: DriftAlertEvent[];
  /** Ids of alerts already acted on, so that a redelivered one starts nothing. */
  handled?: string[];
  /** Retrains so far; part of the next training run's id. */
  round?: number;
}
