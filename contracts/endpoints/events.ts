import { driftAlertBodySchema, eventAcceptedSchema, userInteractionBodySchema } from '../events.ts';
import type { EndpointDescription } from './endpoint.ts';

const accepts = { method: 'post', tag: 'events', status: 202, answer: eventAcceptedSchema } as const;
const interaction = { ...accepts, role: 'user', body: userInteractionBodySchema, problems: ['missing'] } as const;

/** Events enter here. 202 says that the event is durable: it will reach Kafka also when that is away now. */
export const events = {
  interaction: { ...interaction, path: '/api/v1/events/user-interaction', summary: 'Take what a user did' },
  feedback: {
    ...interaction,
    path: '/api/v1/feedback',
    summary: 'Take what a user thinks of a movie; the same event as a user interaction',
  },
  driftAlert: {
    ...accepts,
    path: '/api/v1/trigger/model-drift',
    summary: 'Take a drift alert, which leads to one training of the model',
    role: 'operator',
    body: driftAlertBodySchema,
  },
} as const satisfies Record<string, EndpointDescription>;
