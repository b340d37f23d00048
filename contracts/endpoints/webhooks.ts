import { z } from 'zod';
import { integerQueryOr } from '../integerQuery.ts';
import { webhookDeliverySchema, webhookSchema } from '../webhooks.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'webhooks';
const path = '/api/v1/webhooks';
export const LISTED = 1_000;

/** Webhooks of the registry; they are made by MLflow's API. */
export const webhooks = {
  list: {
    method: 'get',
    path,
    tag,
    role: 'operator',
    summary: `Webhooks of the registry, newest first, at most ${LISTED}; MLflow's clients make them`,
    answer: z.object({ webhooks: z.array(webhookSchema) }),
  },
  deliveries: {
    method: 'get',
    path: `${path}/:webhook_id/deliveries`,
    tag,
    role: 'operator',
    summary: 'What a webhook was told of within a month, newest first, and what became of it',
    params: z.object({ webhook_id: z.string().min(1).max(64) }),
    query: z.strictObject({ limit: integerQueryOr(100, 1, LISTED) }),
    answer: z.object({ deliveries: z.array(webhookDeliverySchema) }),
    problems: ['missing'],
  },
} as const satisfies Record<string, EndpointDescription>;
