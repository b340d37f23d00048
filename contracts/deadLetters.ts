import { z } from 'zod';
import { TOPICS, type Topic } from './events.ts';
import { integerQueryOr } from './integerQuery.ts';
import { LETTERS_OF_REQUEST, TOPIC_CHARACTERS } from './sizes.ts';
import { MESSAGES_OF_PAGE, messageSchema, offsetsSchema } from './topics.ts';

/** Header of a message that was sent again from a dead letter: topic/partition/offset/timestamp where it was first. */
export const REPLAY_OF = 'mlops-replay-of';

/** Headers that a dead letter has of its own. Those that others know are named as Spring names them. */
export const LETTER_HEADERS = {
  topic: 'kafka_dlt-original-topic',
  partition: 'kafka_dlt-original-partition',
  offset: 'kafka_dlt-original-offset',
  lastOffset: 'kafka_dlt-original-last-offset',
  timestamp: 'kafka_dlt-original-timestamp',
  error: 'kafka_dlt-exception-fqcn',
  message: 'kafka_dlt-exception-message',
  because: 'kafka_dlt-because',
  nullHeaders: 'kafka_dlt-null-headers',
  cut: 'kafka_dlt-cut',
} as const;

/** Topics that have a dead-letter twin. */
export const CONSUMED_TOPICS = (Object.keys(TOPICS) as Topic[]).filter((name) => TOPICS[name].consumed);

/** `user-events-dlt:0:17`: where the letter lies. */
export const letterIdSchema = z
  .string()
  .max(TOPIC_CHARACTERS + 32)
  .regex(/^[a-zA-Z0-9._-]+:\d{1,9}:\d{1,19}$/, 'the id of a dead letter, such as user-events-dlt:0:17');

const LETTER_STATES = ['waiting', 'replayed', 'dropped'] as const;
export type LetterState = (typeof LETTER_STATES)[number];

export const deadLetterSchema = messageSchema.extend({
  id: z.string(),
  because: z.string().nullable().describe('`unreadable`, `refused`, `failed` or `undecodable`; null where the letter does not say'),
  error: z.string().describe('Why, in one line'),
  origin: z
    .object({ topic: z.string(), partition: z.number().int(), offset: z.number().int(), timestamp: z.iso.datetime().nullable() })
    .nullable()
    .describe('Where the message was; null where the letter does not say'),
  is_cut: z.boolean().describe('Whether the letter holds a part of the message alone'),
  state: z.enum(LETTER_STATES),
  decided_by: z.string().nullable(),
  decided_at: z.iso.datetime().nullable(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const deadLettersQuerySchema = z.strictObject({
  topic: z.enum(CONSUMED_TOPICS).describe('That the messages came from'),
  state: z.enum([...LETTER_STATES, 'all']).default('waiting'),
  after: offsetsSchema.optional().describe('`next` of the page before'),
  limit: integerQueryOr(100, 1, MESSAGES_OF_PAGE),
});

export const deadLettersSchema = z.object({
  dead_letters: z.array(deadLetterSchema),
  next: z.string().nullable().describe('Null where there are no more'),
});

export const letterIdsBodySchema = z.strictObject({ ids: z.array(letterIdSchema).min(1).max(LETTERS_OF_REQUEST) });

export const letterOutcomeSchema = z.object({
  id: z.string(),
  /** Of a letter that stays as it was, why */
  outcome: z.enum(['replayed', 'dropped', 'already_replayed', 'already_dropped', 'missing', 'refused']),
  detail: z.string().optional(),
});
export type LetterOutcome = z.infer<typeof letterOutcomeSchema>;
export const letterOutcomesSchema = z.object({ dead_letters: z.array(letterOutcomeSchema) });
