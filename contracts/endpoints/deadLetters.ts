import { z } from 'zod';
import {
  deadLetterSchema,
  deadLettersQuerySchema,
  deadLettersSchema,
  letterIdsBodySchema,
  letterIdSchema,
  letterOutcomesSchema,
} from '../deadLetters.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'dead letters';
const path = '/api/v1/events/dead-letters';
const decision = { method: 'post', tag, role: 'operator', body: letterIdsBodySchema, answer: letterOutcomesSchema } as const;

/** Messages that could not be taken. */
export const deadLetters = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'operator',
    summary: "A topic's dead letters, oldest first, with why and where each was",
    query: deadLettersQuerySchema,
    answer: deadLettersSchema,
  },
  get: {
    method: 'get',
    path: `${path}/:id`,
    tag,
    role: 'operator',
    summary: 'A dead letter with its value and headers',
    params: z.object({ id: letterIdSchema }),
    answer: deadLetterSchema,
    problems: ['missing'],
  },
  replay: {
    ...decision,
    path: `${path}/replay`,
    summary: 'Send messages to their topics again as they were, each once, and mark their letters',
  },
  drop: { ...decision, path: `${path}/drop`, summary: 'Mark dead letters as done with; they stay where they are until Kafka removes them' },
} as const satisfies Record<string, EndpointDescription>;
