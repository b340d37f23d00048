import { z } from 'zod';
import { integerQueryOr } from './integerQuery.ts';
import { recordOf } from './bounded.ts';
import {
  EVENT_BYTES,
  HEADERS_OF_MESSAGE,
  ID_CHARACTERS,
  OFFSETS_CHARACTERS,
  QUERY_CHARACTERS,
  TIME_CHARACTERS,
  TOPIC_CHARACTERS,
} from './sizes.ts';
import { plainText } from './text.ts';

export const topicNameSchema = z
  .string()
  .min(1)
  .max(TOPIC_CHARACTERS)
  .regex(/^[a-zA-Z0-9._-]+$/, 'letters, digits, dots, dashes and underscores');

const count = z.number().int().min(0);

export const topicSchema = z.object({
  topic: z.string(),
  messages: count.describe('As many as offsets lie between the first and the next'),
  partitions: z.array(z.object({ partition: count, first_offset: count, next_offset: count })),
});
export type TopicRow = z.infer<typeof topicSchema>;

/** In which the ingest worker takes events. */
export const INGEST_GROUP = 'ingest';

export const groupSchema = z.object({
  group: z.string(),
  state: z.string().describe('As Kafka names it, such as `Stable` or `Empty`'),
  members: count,
  lag: count.describe('Messages that it has yet to take'),
  topics: z.array(
    z.object({
      topic: z.string(),
      lag: count,
      partitions: z.array(z.object({ partition: count, committed_offset: count.nullable(), next_offset: count })),
    }),
  ),
});
export type GroupRow = z.infer<typeof groupSchema>;

/** Bytes: text where they are UTF-8. */
const bytesSchema = z.union([z.string(), z.object({ base64: z.string() })]).nullable();
export type BytesText = z.infer<typeof bytesSchema>;

export const messageSchema = z.object({
  partition: count,
  offset: count,
  timestamp: z.iso.datetime().nullable(),
  key: bytesSchema,
  value: bytesSchema,
  value_bytes: count.nullable().describe('Of the whole value, of which the first are shown'),
  headers: z.array(z.object({ name: z.string(), value: bytesSchema })),
});
export type TopicMessage = z.infer<typeof messageSchema>;

/** `0:17,1:4`: of each partition the offset at which to go on. */
export const offsetsSchema = z
  .string()
  .max(OFFSETS_CHARACTERS)
  .regex(/^\d{1,9}:\d{1,19}(,\d{1,9}:\d{1,19})*$/, 'offsets by partition, such as 0:17,1:4');

export const MESSAGES_OF_PAGE = 1_000;
const MAX_WAIT_MS = 2_000;

export const messagesQuerySchema = z.strictObject({
  from: z.enum(['earliest', 'latest']).default('earliest'),
  after: offsetsSchema.optional().describe('`next` of the page before'),
  since: z.iso
    .datetime({ offset: true })
    .max(TIME_CHARACTERS)
    .optional()
    .describe('In place of `from`: begins with the first message of each partition that is no earlier'),
  filter: plainText(QUERY_CHARACTERS).min(1).optional().describe('Text that stands in the key or the value, or `field=value` of its JSON'),
  limit: integerQueryOr(100, 1, MESSAGES_OF_PAGE),
  wait_ms: integerQueryOr(0, 0, MAX_WAIT_MS).describe('How long to wait where there is nothing yet'),
});

/** Where one message lies, as a path says it. */
export const messagePlaceSchema = z.object({
  topic: topicNameSchema,
  partition: z.string().regex(/^\d{1,9}$/, 'the number of a partition'),
  offset: z.string().regex(/^\d{1,19}$/, 'an offset'),
});

export const messagesSchema = z.object({
  messages: z.array(messageSchema),
  next: z.string().describe('Goes on behind what was looked at'),
  is_at_end: z.boolean(),
});

export const produceBodySchema = z.strictObject({
  key: plainText(ID_CHARACTERS).nullable().optional(),
  value: z.string().max(EVENT_BYTES).nullable().describe('As it is to stand there; null is a tombstone'),
  headers: recordOf(plainText(ID_CHARACTERS).min(1), plainText(2_000), HEADERS_OF_MESSAGE).optional(),
});
