import { z } from 'zod';
import { asMeta, fieldErrorsOf, recordOf, type FieldError } from './bounded.ts';
import { canaryStagesSchema } from './canaryStages.ts';
import { driftQualitySchema } from './drift.ts';
import { modelNameSchema } from './models.ts';
import { fieldErrorSchema } from './problem.ts';
import { isPlainText, NO_CONTROL, plainText } from './text.ts';
import {
  EVENTS_OF_REQUEST,
  ID_CHARACTERS,
  METRIC_NAME_CHARACTERS,
  METRICS_OF_ALERT,
  QUERY_CHARACTERS,
  STATUS_CHARACTERS,
  TIME_CHARACTERS,
} from './sizes.ts';

/** Kafka topics of the platform, with their partitions. A topic that is consumed has a dead-letter twin. */
export const TOPICS = {
  'movie-recommendations': { partitions: 3, consumed: false },
  'user-events': { partitions: 3, consumed: true },
  'model-drift-alerts': { partitions: 1, consumed: true },
  'system-health': { partitions: 2, consumed: true },
} as const;
export type Topic = keyof typeof TOPICS;

export const deadLetterTopic = (topic: string): string => `${topic}-dlt`;

/** Of Postgres' integers. */
const MAX_MOVIE_ID = 2_147_483_647;
/** For the OpenAPI document: each alternative has one more digit of the bound, and then a smaller one. */
const UP_TO_MAX_MOVIE_ID =
  '^(movie_)?0*([1-9]\\d{0,8}|1\\d{9}|20\\d{8}|21[0-3]\\d{7}|214[0-6]\\d{6}|2147[0-3]\\d{5}|21474[0-7]\\d{4}|214748[0-2]\\d{3}|2147483[0-5]\\d{2}|21474836[0-3]\\d|214748364[0-7])$';

const MOVIE_IDS = 'a movie id such as 41, "41" or "movie_041"';
/** A movie's catalogue id: `41`, `"41"` and `"movie_041"` all name movie 41. */
const movieIdSchema = z
  .union(
    [
      z.number().int().min(1).meta({ maximum: MAX_MOVIE_ID }),
      z
        .string()
        .max(30, MOVIE_IDS)
        .regex(/^(movie_)?0*[1-9]\d{0,9}$/, MOVIE_IDS)
        .meta({ pattern: UP_TO_MAX_MOVIE_ID }),
    ],
    MOVIE_IDS,
  )
  .transform((id) =>
    String(id)
      .replace(/^movie_/, '')
      .replace(/^0+/, ''),
  )
  .refine((id) => Number(id) <= MAX_MOVIE_ID, `at most ${MAX_MOVIE_ID}`);

/** As ids of own users and movies are told apart: the name of the set, a colon, the id there. */
const OWN_ID = /^[a-z0-9][a-z0-9._-]{0,39}:[^\u0000-\u001f\u007f-\u009f]+$/;

const MOVIE_REFS = `a movie id such as 41, or set:id such as shop:SKU-1 or imdb:0114709, at most ${ID_CHARACTERS} characters`;
/** A movie as callers may name it: by its id, or by the id that a source gives it, `shop:SKU-1`, `imdb:0114709`. */
export const movieRefSchema = z.union(
  [movieIdSchema, z.string().max(ID_CHARACTERS, MOVIE_REFS).regex(OWN_ID, MOVIE_REFS).refine(isPlainText, MOVIE_REFS)],
  MOVIE_REFS,
);

/** Opaque: `user_1` and `1` are two users. Numbers are accepted and turned into strings. */
export const userIdSchema = z
  .union(
    [z.number().int().min(0), z.string().min(1).max(ID_CHARACTERS).meta({ pattern: NO_CONTROL.source })],
    `a user id: a whole number, or text of at most ${ID_CHARACTERS} characters`,
  )
  .transform(String)
  .refine(isPlainText, 'no control characters');

const INTERACTION_TYPES = ['view', 'click', 'watch', 'like', 'dislike', 'rating', 'purchase', 'skip'] as const;
const interactionType = z
  .enum([...INTERACTION_TYPES, 'rate'])
  .transform((type) => (type === 'rate' ? 'rating' : type))
  .describe('`rate` is `rating`');

const eventId = z.uuid().optional().describe('Send the same id again to retry safely; made when missing');
/** In UTC; a time that names no offset is taken as UTC. */
export const timeSchema = z.iso
  .datetime({ offset: true, local: true })
  .max(TIME_CHARACTERS)
  .meta({ pattern: `^(?=19|20|21)${z.regexes.datetime({ offset: true, local: true }).source.slice(1)}` })
  .transform((text) => new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`).toISOString())
  .refine((text) => text >= '1900' && text < '2200', 'between the years 1900 and 2199');
const occurredAt = timeSchema.optional().describe('When it happened; now when missing');
const byUser = {
  event_id: eventId,
  user_id: userIdSchema,
  session_id: plainText(ID_CHARACTERS).optional(),
  timestamp: occurredAt,
};

export const userInteractionBodySchema = z.strictObject({
  ...byUser,
  movie_id: movieRefSchema,
  interaction_type: interactionType,
  rating: z.number().min(0.5).max(5).optional(),
  recommendation_id: z.uuid().optional().describe('Of the answer that showed the movie; what became of it is counted by it'),
});

/** A search names no movie: nobody has met one by it. */
export const searchBodySchema = z.strictObject({
  ...byUser,
  interaction_type: z.literal('search'),
  query: plainText(QUERY_CHARACTERS).min(1),
});

/** What a user did: with a movie, or a search. */
export const userEventBodySchema = z.discriminatedUnion('interaction_type', [userInteractionBodySchema, searchBodySchema]);

/** Told by what it has, not by its name: only the database judges by the type of an event. */
export const isSearch = <Event extends object>(event: Event): event is Extract<Event, { query: string }> => 'query' in event;

/** An event of a batch as it was read, or what is wrong with it. */
export type ReadRow = { readonly event: z.output<typeof userEventBodySchema> } | { readonly errors: readonly FieldError[] };

/** Each is read by itself, so that one that cannot be taken takes none of the others with it. */
const userEventRowSchema = z
  .unknown()
  .transform((row): ReadRow => {
    const read = userEventBodySchema.safeParse(row);
    return read.success ? { event: read.data } : { errors: fieldErrorsOf(read.error) };
  })
  .meta(asMeta(userEventBodySchema)) as z.ZodType<ReadRow, z.input<typeof userEventBodySchema>>;

/** What users did: one event, or several with an answer for each. */
export const userEventsBodySchema = z.union([
  userEventBodySchema,
  z.strictObject({ events: z.array(userEventRowSchema).min(1).max(EVENTS_OF_REQUEST) }),
]);

/** How a service does. */
export const systemHealthBodySchema = z.strictObject({
  event_id: eventId,
  service_name: plainText(ID_CHARACTERS).min(1),
  status: plainText(STATUS_CHARACTERS).optional(),
  cpu_usage: z.number().min(0).max(100_000).describe('Percent of one core: four busy ones are 400'),
  memory_usage: z.number().min(0).max(100).describe('Percent'),
  response_time_ms: z.number().min(0).optional(),
  timestamp: occurredAt,
});

export const driftAlertBodySchema = z
  .strictObject({
    event_id: eventId,
    model_name: modelNameSchema,
    model_version: plainText(100).optional(),
    drift_score: z.number().min(0),
    threshold: z.number().gt(0),
    metrics: recordOf(plainText(METRIC_NAME_CHARACTERS), z.number(), METRICS_OF_ALERT).optional(),
    status: z.enum(['open', 'resolved']).optional().describe('`resolved`: it is over, which starts nothing; open when missing'),
    quality: driftQualitySchema.optional(),
    report_id: z.uuid().optional().describe('Of the report that it comes from'),
    timestamp: occurredAt,
  })
  .refine((alert) => alert.status === 'resolved' || alert.drift_score >= alert.threshold, {
    path: ['drift_score'],
    message: 'is below the threshold, so there is no drift to act on',
  });

/** On the topic every event has its id and time; what else a producer puts there is passed over. */
export const userInteractionEventSchema = userInteractionBodySchema.required({ event_id: true, timestamp: true }).strip();
export type UserInteractionEvent = z.infer<typeof userInteractionEventSchema>;

export const searchEventSchema = searchBodySchema.required({ event_id: true, timestamp: true }).strip();
export type SearchEvent = z.infer<typeof searchEventSchema>;

/** What may stand on `user-events`. */
export const userEventSchema = z.discriminatedUnion('interaction_type', [userInteractionEventSchema, searchEventSchema]);
export type UserEvent = z.infer<typeof userEventSchema>;

export const systemHealthEventSchema = systemHealthBodySchema.required({ event_id: true, timestamp: true }).strip();
export type SystemHealthEvent = z.infer<typeof systemHealthEventSchema>;

export const driftAlertEventSchema = driftAlertBodySchema.safeExtend({ event_id: z.uuid(), timestamp: timeSchema }).strip();
export type DriftAlertEvent = z.infer<typeof driftAlertEventSchema>;

export const eventAcceptedSchema = z.object({ event_id: z.uuid(), status: z.literal('accepted') });

/** In the order in which they were sent. */
export const eventsAcceptedSchema = z.object({
  accepted: z.number().int(),
  refused: z.number().int(),
  events: z.array(
    z.discriminatedUnion('status', [eventAcceptedSchema, z.object({ status: z.literal('refused'), errors: z.array(fieldErrorSchema) })]),
  ),
});
export type EventsAccepted = z.infer<typeof eventsAcceptedSchema>;

/** A movie that events name and the catalogue lacks. */
export const unknownMovieSchema = z.object({
  movie_id: z.string(),
  events: z.number().int(),
  users: z.number().int(),
  first_at: z.iso.datetime(),
  last_at: z.iso.datetime(),
});
export type UnknownMovie = z.infer<typeof unknownMovieSchema>;

/** What `driftRetrain` is told of an alert: its id, and what a person wants to see first. The alert itself stands in `drift_alerts`. */
export const waitingAlertSchema = z.object({ event_id: z.uuid(), drift_score: z.number().min(0) });
export type WaitingAlert = z.infer<typeof waitingAlertSchema>;

/** How a version that drift led to becomes champion: at once where the gate lets it, or by a rollout on the default route. */
export const driftPromotionSchema = z.enum(['gate', 'canary']);
export type DriftPromotion = z.infer<typeof driftPromotionSchema>;

/** What `driftRetrain` starts from. The caller gives the first three; the rest is carried over a continue-as-new. */
export const driftRetrainInputSchema = z.strictObject({
  model_name: modelNameSchema,
  debounce_ms: z.number().int().min(0).describe('Alerts that come within this time of the first start one training'),
  cool_down_ms: z.number().int().min(0).describe('Time from the end of a training to the next debounce'),
  cool_down_left_ms: z.number().int().min(0).default(0).describe('Of a cool-down that the execution before was in'),
  pending: z.array(waitingAlertSchema).default([]).describe('Alerts that wait for the next training'),
  handled: z.array(z.uuid()).default([]).describe('Newest ids of alerts already acted on, so that a repeated one starts nothing'),
  most_a_day: z.number().int().min(1).default(4).describe('Trainings within 24 hours, at most'),
  promotion: driftPromotionSchema.default('gate'),
  stages: canaryStagesSchema.optional().describe('Of such a rollout; its own usual ones where they are left out'),
  retrains: z.number().int().default(0),
  failed: z.number().int().default(0),
});
export type DriftRetrainInput = z.input<typeof driftRetrainInputSchema>;
export type DriftRetrainPlan = z.output<typeof driftRetrainInputSchema>;

export interface DriftRetrainResult {
  /** Trainings that were started */
  retrains: number;
  /** Of those, the ones that failed; the run ledger tells why */
  failed: number;
  /** Ids of the alerts that were acted on, oldest first, at most MAX_HANDLED_ALERTS */
  handled: string[];
}
export const MAX_HANDLED_ALERTS = 1_000;
/** One training answers them all; the ids are kept so that a repeated alert is known. With as many handled ones they fit a workflow's input. */
export const MAX_PENDING_ALERTS = 200;
